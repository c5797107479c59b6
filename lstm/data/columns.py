"""Columns of values as numpy arrays."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lstm.data.distinct import distinct_values

NULL_TEXTS = (
    "", "-", "–", "—", "NA", "N/A", "n/a", "n.a.", "N.A.", "#N/A", "NaN", "nan", "NAN", "null", "NULL", "Null", "None",
    "none", "NONE", "<NA>", "NaT",
)  # fmt: skip
TRUE_TEXTS = ("true", "yes")
FALSE_TEXTS = ("false", "no")

_NUMBER = r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$|^[+-]?(?i:inf|infinity)$"


def numbers(column: pa.ChunkedArray) -> np.ndarray:
    """float64 (R) of a column of numbers or booleans; NaN where missing."""
    return np.asarray(column.cast(pa.float64(), safe=False).to_numpy())


def numbers_from_text(texts: pa.Array, decimal: str = ".") -> tuple[pa.Array, np.ndarray]:
    """(float64 (R), null where missing; bool (R), where the text is neither a number, a boolean word nor a null word).

    `1.5`, ` 2e3 `, `yes`, `FALSE`, `n/a`; `12,5` is a number only where the decimal mark is a comma.
    """
    bare = pc.utf8_trim_whitespace(texts)
    missing = pc.is_in(bare, value_set=pa.array(NULL_TEXTS))
    lower = pc.utf8_lower(bare)
    for words, number in ((TRUE_TEXTS, "1"), (FALSE_TEXTS, "0")):
        bare = pc.if_else(pc.is_in(lower, value_set=pa.array(words)), number, bare)
    if decimal != ".":
        # A point would then be a thousands mark or a slip, and must not pass for a decimal mark.
        bare = pc.replace_substring(pc.replace_substring(bare, ".", "?"), decimal, ".")
    fits = pc.match_substring_regex(bare, _NUMBER)
    known = pc.if_else(pc.and_(fits, pc.invert(missing)), bare, None)
    bad = np.asarray(pc.fill_null(pc.invert(pc.or_(fits, missing)), False))
    return pc.replace_substring_regex(known, r"^\+", "").cast(pa.float64()), bad


def static_column(column: pa.ChunkedArray) -> np.ndarray:
    """float64 (R): numbers as they are, text that is no number as its place among the sorted distinct texts."""
    kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
    if not (pa.types.is_string(kind) or pa.types.is_large_string(kind)):
        return numbers(column)
    code, distinct = distinct_values(column)
    values, bad = numbers_from_text(distinct)
    place = np.asarray(values.to_numpy(zero_copy_only=False))
    if bad.any():
        present = np.asarray(pc.not_equal(pc.utf8_trim_whitespace(distinct), ""))
        place = np.full(len(distinct), np.nan)
        order = np.asarray(pc.sort_indices(distinct))
        place[order[present[order]]] = np.arange(int(present.sum()))
    return np.asarray(np.append(place, np.nan)[code])
