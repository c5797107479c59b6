"""Values of a time column to dates and stamps, by their type, the format that the file gives, or their form."""

from datetime import datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lstm.data.timestamps.centuries import read_dated
from lstm.data.timestamps.epochs import COUNTS, read_counts
from lstm.data.timestamps.forms import read_forms
from lstm.data.timestamps.strptime import DAY_MICROS, INSTANT, MICROS
from lstm.data.timestamps.time_rows import TimeRows
from lstm.errors import DataError

_YEAR_1, _YEAR_10000 = (int(np.datetime64(year, "D").astype(np.int64)) for year in ("0001-01-01", "10000-01-01"))
_BY_FORM = (
    'mend the time; where all have a form of their own, set source.time_format (such as "%d.%m.%Y", or "%Y%m%d", '
    '"excel" or "unix" for digits), or frequency = "1" for integer steps'
)


def read_integers(rows: TimeRows) -> pa.Array:
    """int64 (U): integer steps; null where a value was rejected. Raises DataError for a column of another type."""
    values = rows.values
    if pa.types.is_integer(values.type):
        return values.cast(pa.int64())
    if not pa.types.is_string(values.type):
        raise DataError(
            f"time column {rows.name!r} holds {values.type}, but the frequency is one of integer steps",
            column=rows.name,
        )
    values = _not_blank(rows)
    fits = pc.match_substring_regex(values, r"^-?\d{1,18}$")
    rows.reject(
        _known_false(fits), "is not an integer, but the frequency is one of integer steps", "mend it, or the frequency"
    )
    return pc.if_else(fits, values, None).cast(pa.int64())


def read_stamps(
    rows: TimeRows, layout: str | None, as_of: datetime | int | None = None
) -> tuple[pa.Array, tuple[str, ...]]:
    """(date32 or timestamp[us] (U), with a zone or without; notes). Null where a value was rejected.

    layout: source.time_format. as_of: tells the century of years of two digits.
    Raises DataError where the column has no type or no single form of times.
    """
    values, kind = rows.values, rows.values.type
    notes: tuple[str, ...] = ()
    if pa.types.is_date(kind):
        times = values.cast(pa.date32())
    elif pa.types.is_timestamp(kind):
        times = values.cast(MICROS if kind.tz is None else INSTANT, safe=False)
    elif layout is not None:
        times, notes = _by_format(rows, layout, as_of)
    elif pa.types.is_string(kind):
        times, notes = _by_form(rows)
    else:
        raise DataError(
            f"time column {rows.name!r} holds {'integers' if pa.types.is_integer(kind) else kind}; set frequency to "
            'their step (frequency = "1"), or source.time_format where they are dates: "%Y%m%d" for digits, "excel", '
            '"unix" or "unix_ms" for counts',
            column=rows.name,
        )
    return within_years(rows, times), notes


def _by_format(rows: TimeRows, layout: str, as_of: datetime | int | None) -> tuple[pa.Array, tuple[str, ...]]:
    is_text = pa.types.is_string(rows.values.type)
    values = _not_blank(rows) if is_text else rows.values
    if not is_text and not pa.types.is_integer(values.type) and layout not in COUNTS:
        raise DataError(
            f"time column {rows.name!r} holds {values.type}, which source.time_format = {layout!r} does not fit",
            column=rows.name,
            value=layout,
        )
    times, century = (read_counts(values, layout), "") if layout in COUNTS else read_dated(values, layout, as_of)
    lost = np.asarray(values.is_valid()) & np.asarray(times.is_null())
    rows.reject(lost, f"does not have the time_format {layout!r}", "mend the time, or source.time_format")
    return times, ((f"times of {rows.name!r}: {century}",) if century else ())


def _by_form(rows: TimeRows) -> tuple[pa.Array, tuple[str, ...]]:
    texts = _not_blank(rows)
    written = read_forms(texts, rows.name)
    rows.reject(written.no_offset, "has no offset, but other rows have one", "write all stamps with an offset or none")
    lost = np.asarray(texts.is_valid()) & np.asarray(written.values.is_null()) & ~written.no_offset
    rows.reject(lost, written.unlike, _BY_FORM, "error" if written.mixed else None)
    if written.layout is None:
        return written.values, ()
    return written.values, (
        f"times of {rows.name!r} were read as {written.layout!r}, the only form that fits them all",
    )


def _not_blank(rows: TimeRows) -> pa.Array:
    """Texts without blanks around them, null where nothing is left."""
    values = pc.utf8_trim_whitespace(rows.values)
    filled = pc.not_equal(values, "")
    rows.reject(_known_false(filled), "is empty", "give the row a time, or leave it out")
    return pc.if_else(filled, values, None)


def within_years(rows: TimeRows, times: pa.Array) -> pa.Array:
    """The times, null where they lie outside of the years that a date can have, which is rejected."""
    unit = 1 if pa.types.is_date(times.type) else DAY_MICROS
    numbers = np.asarray(times.cast(pa.int32() if unit == 1 else pa.int64()).fill_null(0))
    fault = (numbers < _YEAR_1 * unit) | (numbers >= _YEAR_10000 * unit)
    rows.reject(fault, "lies outside of the years 1 to 9999", "mend the time, or leave the row out")
    return pc.if_else(pa.array(~fault), times, None)


def _known_false(fits: pa.Array) -> np.ndarray:
    return np.asarray(pc.invert(fits).fill_null(False))
