"""Columns that could be times, and the forms that they could be written in."""

import re
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lstm.data.rows.distinct import distinct_values
from lstm.data.rows.numbers import NULL_TEXTS
from lstm.data.timestamps.centuries import read_dated
from lstm.data.timestamps.epochs import read_counts
from lstm.data.timestamps.strptime import DAY_MICROS, INSTANT, MICROS, read_format

FITTING_SHARE = 0.95
TRIED = 40

_ISO = r"^\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d+)?)?( ?(Z|UTC|[+-]\d\d(:?\d\d)?))?)?$"
_AWARE = r"\d\d:\d\d(:\d\d(\.\d+)?)? ?(Z|UTC|[+-]\d\d(:?\d\d)?)$"
_DATES = (
    "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%m-%d-%Y", "%Y/%m/%d", "%Y.%m.%d", "%Y-%m-%d",
    "%d-%b-%Y", "%d %b %Y", "%d. %b %Y", "%d/%b/%Y", "%d.%b.%Y", "%b %d, %Y", "%b %d %Y", "%b-%d-%Y", "%Y-%b-%d",
    "%Y %m %d", "%d.%m.%y", "%d/%m/%y", "%m/%d/%y", "%d-%b-%y",
)  # fmt: skip
_CLOCKS = ("", " %H:%M", " %H:%M:%S", " %H:%M:%S.%f", " %I:%M %p", " %I:%M:%S %p", " %H:%M %z", " %H:%M:%S %z",
           " %H.%M.%S", " %H.%M", " %H")  # fmt: skip
_PERIODS = (
    "%Y-%m", "%Y/%m", "%Y %m", "%Y %m %d %H %M", "%m/%Y", "%m-%Y", "%m.%Y", "%b %Y", "%b-%Y", "%Y-%b",
    "%G-W%V", "%Y-Q%q", "%YQ%q", "%Y Q%q", "Q%q %Y", "Q%q-%Y", "%q-%Y", "%q/%Y",
)  # fmt: skip
_DIGITS = ("%Y%m%d", "%d%m%Y", "%m%d%Y", "%Y%m%d%H", "%Y%m%d%H%M", "%Y%m%d%H%M%S", "%Y%m%d %H:%M", "%Y%m%d %H%M")
_FORMS = (*(date + clock for date in _DATES for clock in _CLOCKS), *_PERIODS, *_DIGITS)
# Seconds and milliseconds from 2000 to 2100, serial days from 1982 to 2064: other numbers mean something else.
_COUNTS = {"unix": (946_684_800, 4_102_444_800), "unix_ms": (946_684_800_000, 4_102_444_800_000),
           "excel": (30_000, 60_000)}  # fmt: skip


@dataclass(frozen=True)
class TimeReading:
    """A column (R rows) as times. layout: source.time_format, None for ISO 8601, typed columns and integer steps.

    kind: what the stamps say of their zone. values: int64 (R), microseconds or steps. fits: bool (R), rows that could
    be read. rival: another reading that fits as well, so that only a person knows.
    """

    kind: Literal["date", "naive", "aware", "integer"]
    layout: str | None
    values: np.ndarray
    fits: np.ndarray
    rival: "TimeReading | None" = None

    @property
    def distinct(self) -> int:
        """Number of different times."""
        return len(np.unique(self.values[self.fits]))

    def text(self, row: int) -> str:
        """The time of a row in words that cannot be mistaken: `5 March 2024 10:30`; a step as its number."""
        value = int(self.values[row])
        if self.kind == "integer":
            return str(value)
        moment = np.datetime64(value, "us").item()
        clock = "" if value % DAY_MICROS == 0 else f" {moment:%H:%M}"
        return f"{moment.day} {moment:%B %Y}{clock}"


def read_as_times(column: pa.ChunkedArray, now: datetime | None = None) -> TimeReading | None:
    """A column as dates or stamps, if nearly all of its values can be; counts and steps are `read_as_counts`'s.

    now: tells the century of years of two digits.
    """
    kind = column.type
    if pa.types.is_date(kind) or pa.types.is_timestamp(kind):
        return _reading(np.arange(len(column)), column.combine_chunks(), None)
    if not (pa.types.is_string(kind) or pa.types.is_integer(kind)):
        return None
    code, texts = _texts(column)
    if not len(texts):
        return None
    iso = None if pa.types.is_integer(kind) else _iso(code, texts)
    return iso or _by_form(code, texts, now)


def read_as_counts(column: pa.ChunkedArray) -> TimeReading | None:
    """A column of numbers as counts since an epoch, years or integer steps; only its name can say which."""
    code, texts = _texts(column)
    is_number = pc.match_substring_regex(texts, r"^-?\d{1,18}(\.\d*)?$")
    if not len(texts) or pc.mean(is_number).as_py() < FITTING_SHARE:
        return None
    numbers = pc.if_else(is_number, texts, None)
    middle = float(np.nanmedian(np.asarray(numbers.cast(pa.float64()).fill_null(float("nan")))))
    for layout, (low, high) in _COUNTS.items():
        if low <= middle < high:
            return _reading(code, read_counts(numbers, layout), layout)
    if 1900 <= middle <= 2100 and pc.all(pc.match_substring_regex(texts, r"^\d{4}$")).as_py():
        return _reading(code, read_format(texts, "%Y"), "%Y")
    steps = pc.if_else(pc.match_substring_regex(texts, r"^-?\d{1,18}$"), texts, None).cast(pa.int64())
    return _reading(code, steps, None) if steps.null_count <= (1 - FITTING_SHARE) * len(steps) else None


def _texts(column: pa.ChunkedArray) -> tuple[np.ndarray, pa.Array]:
    """(position of each row's text, -1 where there is none; distinct texts, null where one is a null word)."""
    code, distinct = distinct_values(column)
    texts = pc.utf8_trim_whitespace(distinct.cast(pa.string()))
    filled = pc.invert(pc.is_in(texts, value_set=pa.array(NULL_TEXTS)))
    place = np.append(np.where(np.asarray(filled), np.cumsum(np.asarray(filled)) - 1, -1), -1)
    return place[code], texts.filter(filled)


def _iso(code: np.ndarray, texts: pa.Array) -> TimeReading | None:
    fits = np.asarray(pc.match_substring_regex(texts, _ISO))
    if not len(texts) or fits.mean() < FITTING_SHARE:
        return None
    aware = bool(pc.any(pc.match_substring_regex(texts, _AWARE)).as_py())
    layouts = ("%Y-%m-%d", *(f"%Y-%m-%d{mark}{clock}{zone}" for mark in ("T", " ")
               for clock in ("%H:%M", "%H:%M:%S", "%H:%M:%S.%f") for zone in ("", "%z")))  # fmt: skip
    merged = pa.nulls(len(texts), INSTANT)
    cleaned = pc.replace_substring_regex(texts, r" ?UTC$", "Z")
    for layout in layouts:
        merged = pc.coalesce(merged, read_format(cleaned, layout).cast(INSTANT))
    return _reading(code, merged if aware else merged.cast(MICROS), None)


def _by_form(code: np.ndarray, texts: pa.Array, now: datetime | None) -> TimeReading | None:
    """The forms that nearly all texts have; several where nobody can tell them apart."""
    sample = texts.take(pa.array(np.unique(np.linspace(0, len(texts) - 1, TRIED).astype(int))))
    outlines = {_outline(text) for text in sample.to_pylist()}
    forms = [
        form for form in _FORMS if outlines & _outlines(form) and read_format(sample, form).null_count < len(sample)
    ]
    read = {form: _plausible(read_dated(texts, form, now)[0], form) for form in forms}
    least = min((values.null_count for values in read.values()), default=len(texts))
    if least > (1 - FITTING_SHARE) * len(texts):
        return None
    best = [_reading(code, values, form) for form, values in read.items() if values.null_count == least]
    rival = next((reading for reading in best[1:] if not np.array_equal(reading.values, best[0].values)), None)
    first = best[0]
    return TimeReading(first.kind, first.layout, first.values, first.fits, rival)


def _outline(text: str) -> str:
    """Digits as 0 and names as a: `24. Jan. 2022 10:30` is `0. a 0 0:0`."""
    return re.sub(r"\s+", " ", re.sub(r"\d+", "0", re.sub(r"([^\W\d_]+\.?)+", "a", text)))


@cache
def _outlines(form: str) -> frozenset[str]:
    """Outlines of the texts that can have a form: a table of thousands of columns has no time to try all forms."""
    with_name = re.sub("%[bp]", "Name", form)
    examples = [
        with_name.replace("%z", zone) for zone in (("Z", "+01", "-01", "+01:00", "-01:00") if "%z" in form else "1")
    ]
    return frozenset(_outline(re.sub("%.", "1", example)) for example in examples)


def _plausible(times: pa.Array, form: str) -> pa.Array:
    """Decimals such as 7.1234 have the form of a month and a year, and numbers that of a day, of the year 1234."""
    if form not in (*_DIGITS, "%m.%Y"):
        return times
    year = pc.year(times)
    return pc.if_else(pc.and_(pc.greater_equal(year, 1800), pc.less(year, 2200)), times, None)


def _reading(code: np.ndarray, times: pa.Array, layout: str | None) -> TimeReading:
    valid = np.append(np.asarray(times.is_valid()), False)
    if pa.types.is_integer(times.type):
        values, kind = np.asarray(times.fill_null(0)), "integer"
    elif pa.types.is_date(times.type):
        values, kind = np.asarray(times.cast(pa.date32()).cast(pa.int32()).fill_null(0)).astype(np.int64), "date"
        values = values * DAY_MICROS
    else:
        values = np.asarray(times.cast(INSTANT if times.type.tz else MICROS, safe=False).cast(pa.int64()).fill_null(0))
        kind = "aware" if times.type.tz else "naive"
    fits = valid[code]
    values = np.append(values, 0)[code]
    if kind == "naive" and not (values[fits] % DAY_MICROS).any():
        kind = "date"
    return TimeReading(kind, layout, values, fits)  # type: ignore[arg-type]
