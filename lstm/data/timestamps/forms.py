"""The form that the times of a column are written in: ISO 8601, or else the only other one that fits all of them."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lstm.data.timestamps.strptime import INSTANT, MICROS, format_pattern, read_parts
from lstm.errors import DataError

_DATE = r"^\d{4}-\d\d-\d\d$"
_NAIVE = r"^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?$"
_AWARE = r"^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)? ?(Z|UTC|[+-]\d\d(:?\d\d)?)$"

# Dates with separators, so that a lost zero moves nothing, and with the whole year. Dots go with the day first in
# every country; slashes and dashes do not.
_FORMS = (
    "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%m-%d-%Y", "%Y/%m/%d", "%Y.%m.%d", "%Y-%m-%d",
    "%d-%b-%Y", "%d %b %Y", "%d. %b %Y", "%d/%b/%Y", "%d.%b.%Y", "%b %d, %Y", "%b %d %Y", "%b-%d-%Y", "%Y-%b-%d",
    "%G-W%V", "%Y-Q%q", "%YQ%q", "%Y Q%q", "Q%q %Y", "Q%q-%Y",
)  # fmt: skip
_TIME_OF_DAY = (
    r"(?:(?:[Tt]|,? +)(?P<H>\d{1,2}):(?P<M>\d\d)(?::(?P<S>\d\d)(?:\.(?P<f>\d+))?)?(?: ?(?P<p>[AaPp]\.?[Mm]\.?))?"
    r"(?: ?(?P<z>Z|UTC|GMT|[+-]\d\d(?::?\d\d)?))?)?"
)


@dataclass(frozen=True)
class Written:
    """U texts as times. values: timestamp[us] (in UTC with offsets) or date32; null where a text does not fit.

    unlike: says of a text that it does not fit. no_offset: bool (U), stamps without an offset among stamps with one,
    which do not fit either. layout: the strptime format to write down; None for ISO 8601. mixed: the texts that do
    not fit have another form, so that nobody knows which one is meant.
    """

    values: pa.Array
    unlike: str
    no_offset: np.ndarray
    layout: str | None = None
    mixed: bool = False

    @property
    def has_form(self) -> np.ndarray:
        """bool (U): texts of this form, also those that lack the offset that others have."""
        return np.asarray(np.asarray(self.values.is_valid()) | self.no_offset)


def read_forms(texts: pa.Array, column: str) -> Written:
    """Reads U texts without a format. Digits without separators and years of two digits have no form.

    Raises DataError where all texts fit two forms, as 03/04/2024 does.
    """
    iso = _read_iso(texts)
    if iso.values.null_count == texts.null_count or iso.no_offset.any():
        return iso
    parts = {form: _taken_apart(texts, form) for form in _FORMS}
    readings = {form: _read_apart(form, pieces) for form, pieces in parts.items() if pieces.null_count < len(pieces)}
    readable = np.any([reading.has_form for reading in (iso, *readings.values())], axis=0)
    if np.asarray(iso.values.is_valid())[readable].all():
        return iso
    fitting = [reading for reading in readings.values() if reading.has_form[readable].all()]
    if len(fitting) > 1:
        raise DataError(_ambiguous(column, texts, readable, fitting), column=column)
    if fitting:
        return fitting[0]
    if iso.values.null_count < len(texts):
        return iso
    most = min(readings.values(), key=lambda reading: reading.values.null_count)
    return Written(most.values, f"{most.unlike}, and others have neither", most.no_offset, mixed=True)


def _taken_apart(texts: pa.Array, form: str) -> pa.StructArray:
    return pc.extract_regex(texts, f"^{format_pattern(form)}{_TIME_OF_DAY}$")


def _read_apart(form: str, parts: pa.StructArray) -> Written:
    fits = np.asarray(parts.is_valid())
    offset = np.asarray(pc.not_equal(parts.field("z"), "").fill_null(False)) & fits
    layout = form + _time_layout(parts[int(np.flatnonzero(fits)[0])].as_py())
    values = read_parts(parts, aware=bool(offset.any()))
    no_offset = np.asarray(values.is_valid()) & ~offset & bool(offset.any())
    values = pc.if_else(pa.array(~no_offset), values, None)
    return Written(values, f"does not have the form {layout!r} that others have", no_offset, layout)


def _time_layout(parts: dict[str, str]) -> str:
    """The time of day in directives, as one text has it."""
    if not parts["H"]:
        return ""
    pieces = (("S", ":%S"), ("f", ".%f"), ("p", " %p"), ("z", " %z"))
    written = "".join(directive for name, directive in pieces if parts[name])
    return f" {'%I' if parts['p'] else '%H'}:%M{written}"


def _ambiguous(column: str, texts: pa.Array, readable: np.ndarray, fitting: list[Written]) -> str:
    example = texts[int(np.flatnonzero(readable)[0])].as_py()
    layouts = " and ".join(repr(reading.layout) for reading in fitting[:2])
    return (
        f"time column {column!r} is ambiguous: times such as {example!r} fit both {layouts}, and no other time tells "
        "which is meant; set source.time_format to the one that is"
    )


def _read_iso(texts: pa.Array) -> Written:
    """Dates, naive stamps or instants, by what the texts have. Fractions are cut to microseconds."""
    naive, aware, dates = (
        np.asarray(pc.match_substring_regex(texts, pattern).fill_null(False)) for pattern in (_NAIVE, _AWARE, _DATE)
    )
    unlike = "is not an existing date or time in the ISO form 2024-01-31 or 2024-01-31T23:00:00Z"
    texts = pc.replace_substring_regex(texts, r"(\.\d{6})\d+", r"\1")
    if aware.any():
        texts = pc.replace_substring_regex(pc.replace_substring_regex(texts, r" ?UTC$", "Z"), r" ([Z+-])", r"\1")
        return Written(_cast(texts, aware, INSTANT), unlike, naive | dates)
    kind = pa.date32() if dates.any() and not naive.any() else MICROS
    return Written(_cast(texts, naive | dates, kind), unlike, np.zeros(len(texts), bool))


def _cast(texts: pa.Array, fits: np.ndarray, kind: pa.DataType) -> pa.Array:
    texts = pc.if_else(pa.array(fits), texts, None)
    try:
        return texts.cast(kind)
    except pa.ArrowInvalid:
        # 2024-02-30 has the form and is no day; Arrow does not say which text it was.
        exists = np.array([text is None or _exists(text, kind) for text in texts.to_pylist()])
        return pc.if_else(pa.array(exists), texts, None).cast(kind)


def _exists(text: str, kind: pa.DataType) -> bool:
    try:
        pa.scalar(text).cast(kind)
    except pa.ArrowInvalid:
        return False
    return True
