"""Columns of values: texts to numbers by the marks that a source writes, and columns as numpy arrays."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

# What programs and offices write for a missing value: a lone mark (SAS, FRED, Eurostat, UCI), `..` (World Bank), `\\N`
# (MySQL, Hive), and abbreviations of "not available" in several languages. Nobody writes a number so.
NULL_TEXTS = (
    "", "-", "--", "---", "–", "—", ".", "..", "...", "…", "?", ":", "\\N", "\\n", "NA", "na", "N/A", "n/a", "n.a.",
    "N.A.", "n.a", "N.A", "#N/A", "#N/A N/A", "#NA", "#NV", "n.d.", "N.D.", "n.d", "N.D", "n/d", "N/D", "nd", "ND",
    "k.A.", "k. A.", "s.o.", "NaN", "nan", "NAN", "-NaN", "-nan", "null", "NULL", "Null", "(null)", "None", "none",
    "NONE", "nil", "<NA>", "NaT", "missing", "Missing", "MISSING",
)  # fmt: skip
# In English, German, French, Spanish, Portuguese, Italian, Dutch and Swedish, in lower case; `si` also without accent.
TRUE_TEXTS = (
    "true",
    "yes",
    "wahr",
    "ja",
    "vrai",
    "oui",
    "verdadero",
    "sí",
    "si",
    "verdadeiro",
    "sim",
    "vero",
    "sì",
    "waar",
)
FALSE_TEXTS = ("false", "no", "falsch", "nein", "faux", "non", "falso", "não", "nao", "onwaar", "nee", "nej")

# What stands for a mark: narrow and no-break spaces are spaces, and Swiss apostrophes are curly or straight.
_LETTERS_OF_MARK = {" ": r"[ \x{00A0}\x{2009}\x{202F}]", "'": r"['\x{2019}]", ".": r"\.", ",": ",", "_": "_"}


def numbers(column: pa.ChunkedArray) -> np.ndarray:
    """float64 (R) of a column of numbers or booleans; NaN where missing."""
    return np.asarray(column.cast(pa.float64(), safe=False).to_numpy())


def numbers_from_text(texts: pa.Array, decimal: str = ".", thousands: str | None = None) -> tuple[pa.Array, np.ndarray]:
    """(float64 (R), null where missing; bool (R), where the text is neither a number, a boolean word nor a null word).

    `1.5`, ` 2e3 `, `yes`, `FALSE`, `n/a`; `12,5` is a number only where the decimal mark is a comma, and `1,299` only
    where a comma is one of both marks. Groups are of three digits, or with commas Indian ones as in `12,34,567`; a
    number that begins with 0 or has an exponent has none, so that no fraction passes for thousands.
    """
    bare = pc.utf8_trim_whitespace(texts)
    missing = pc.is_in(bare, value_set=pa.array(NULL_TEXTS))
    lower = pc.utf8_lower(bare)
    for words, number in ((TRUE_TEXTS, "1"), (FALSE_TEXTS, "0")):
        bare = pc.if_else(pc.is_in(lower, value_set=pa.array(words)), number, bare)
    fits = pc.match_substring_regex(bare, _number_form(decimal, thousands))
    known = pc.if_else(pc.and_(fits, pc.invert(missing)), bare, None)
    bad = np.asarray(pc.fill_null(pc.invert(pc.or_(fits, missing)), False))
    if thousands is not None:
        known = pc.replace_substring_regex(known, _LETTERS_OF_MARK[thousands], "")
    if decimal != ".":
        known = pc.replace_substring(known, decimal, ".")
    return pc.replace_substring_regex(known, r"^\+", "").cast(pa.float64()), bad


def _number_form(decimal: str, thousands: str | None) -> str:
    """A regular expression of numbers with these marks."""
    point = _LETTERS_OF_MARK[decimal]
    forms = [rf"(\d+({point}\d*)?|{point}\d+)([eE][+-]?\d+)?", "(?i:inf|infinity)"]
    if thousands is not None:
        group = _LETTERS_OF_MARK[thousands]
        forms.append(rf"[1-9]\d{{0,2}}({group}\d{{3}})+({point}\d*)?")
    if thousands == ",":
        forms.append(rf"[1-9]\d?(,\d{{2}})+,\d{{3}}({point}\d*)?")
    return rf"^[+-]?({'|'.join(forms)})$"
