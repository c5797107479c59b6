"""Time columns: text, dates, stamps with and without a zone, and integer steps become times of one kind.

Everything is read strictly: a local time that does not exist or exists twice, a date that is not ISO 8601 and a stamp
with a zone among stamps without one are refused, because any guess would be wrong for somebody.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from lstm.data.distinct import distinct_values
from lstm.errors import ConfigError, DataError

_DATE = r"^\d{4}-\d\d-\d\d$"
_NAIVE = r"^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d{1,6}0*)?)?$"
_AWARE = r"^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d{1,6}0*)?)? ?(Z|[+-]\d\d(:?\d\d)?)$"
_MICROS = pa.timestamp("us")
_INSTANT = pa.timestamp("us", tz="UTC")


@dataclass(frozen=True)
class Times:
    """U distinct times of R rows. values: U of them, date32, timestamp[us, UTC] or int64. code: int32 (R)."""

    values: pa.Array
    code: np.ndarray


@dataclass(frozen=True)
class TimeRules:
    """What the pipeline file says about times.

    wanted: what the grid asks for; None when the frequency is to be found, then midnights are dates. series: names
    the series of a row.
    """

    column: str
    time_format: str | None
    time_zone: str
    wanted: pa.DataType | None
    series: Callable[[int], str]


def read_times(column: pa.ChunkedArray, rules: TimeRules) -> Times:
    """Distinct times of a column, and which of them each row has.

    Raises DataError that names the first row with a time that cannot be read, ConfigError for a format that is none.
    """
    code, values = distinct_values(column)
    reader = _Reader(code, values, rules)
    if (code < 0).any():
        reader.refuse_rows(code < 0, "is empty; give a time or leave the row out")
    return Times(reader.read(), code)


class _Reader:
    """Reads the distinct values of a column; knows the rows, to name one in an error."""

    def __init__(self, code: np.ndarray, values: pa.Array, rules: TimeRules) -> None:
        self.code = code
        self.values = values
        self.rules = rules

    def read(self) -> pa.Array:
        values, wanted = self.values, self.rules.wanted
        if wanted is not None and pa.types.is_integer(wanted):
            return self._integers(values)
        if pa.types.is_integer(values.type):
            values = self._digits(values)
        if pa.types.is_string(values.type):
            values = self._parsed(values)
        if pa.types.is_date(values.type) and (wanted is None or pa.types.is_date(wanted)):
            return values
        local = values.cast(_MICROS) if pa.types.is_date(values.type) else self._local(values)
        midnight = np.asarray(local.cast(pa.int64())) % (86_400 * 1_000_000) == 0
        if wanted is not None and pa.types.is_date(wanted):
            self.refuse(
                ~midnight,
                f"is not a midnight in time_zone {self.rules.time_zone!r}, as the steps of a day or longer need; "
                "set time_zone, or cut the stamps to dates in the source",
            )
        if (wanted is None and midnight.all()) or (wanted is not None and pa.types.is_date(wanted)):
            return local.cast(pa.date32())
        return values if values.type.equals(_INSTANT) else self._localised(local)

    def refuse(self, bad: np.ndarray, why: str) -> None:
        """Raises DataError when any distinct value is bad; names the first row that has one."""
        if bad.any():
            self.refuse_rows(bad[self.code], why)

    def refuse_rows(self, bad: np.ndarray, why: str) -> None:
        """Raises DataError that names the first bad row."""
        row = int(np.flatnonzero(bad)[0])
        shown = "" if self.code[row] < 0 else f"{str(self.values[self.code[row]].as_py())!r} "
        more = f" ({int(bad.sum())} rows have such a time)" if bad.sum() > 1 else ""
        raise DataError(
            f"time column {self.rules.column!r}, series {self.rules.series(row)!r}, data row {row + 1}: "
            f"{shown}{why}{more}"
        )

    def _integers(self, values: pa.Array) -> pa.Array:
        if pa.types.is_integer(values.type):
            return values.cast(pa.int64())
        if not pa.types.is_string(values.type):
            raise DataError(
                f"time column {self.rules.column!r} holds {values.type}, but the frequency is one of integer steps"
            )
        values = pc.utf8_trim_whitespace(values)
        fits = np.asarray(pc.match_substring_regex(values, r"^-?\d{1,18}$"))
        self.refuse(~fits, "is not an integer, but the frequency is one of integer steps")
        return values.cast(pa.int64())

    def _digits(self, values: pa.Array) -> pa.Array:
        """Integers as the text that `time_format` describes; leading zeros that a number cannot keep come back."""
        if self.rules.time_format is None:
            raise DataError(
                f'time column {self.rules.column!r} holds integers; set frequency to their step (frequency = "1"), '
                'or time_format where they are dates written without separators (time_format = "%Y%m%d")'
            )
        width = len(datetime(2000, 10, 10).strftime(self.rules.time_format))
        return pc.utf8_lpad(values.cast(pa.string()), width, "0")

    def _parsed(self, values: pa.Array) -> pa.Array:
        values = pc.utf8_trim_whitespace(values)
        self.refuse(np.asarray(pc.equal(values, "")), "is empty; give a time or leave the row out")
        return self._formatted(values) if self.rules.time_format is not None else self._iso(values)

    def _formatted(self, values: pa.Array) -> pa.Array:
        layout = self.rules.time_format or ""
        aware = "%z" in layout
        try:
            parsed = pd.to_datetime(values.to_pandas(), format=layout, errors="coerce", utc=aware)
        except ValueError as error:
            raise ConfigError(f"source.time_format = {layout!r} is no strptime format: {error}") from None
        bad = np.asarray(parsed.isna())
        if not re.search(r"%[a-zA-Z][^%]", layout):
            # Without separators a lost zero would move the borders between day, month and year.
            bad = bad | np.asarray(parsed.dt.strftime(layout) != values.to_pandas())
        self.refuse(bad, f"does not have the time_format {layout!r}")
        stamps = pa.array(parsed.dt.as_unit("us"))
        return stamps.cast(_INSTANT if aware else _MICROS)

    def _iso(self, values: pa.Array) -> pa.Array:
        naive, aware, dates = (
            np.asarray(pc.match_substring_regex(values, pattern)) for pattern in (_NAIVE, _AWARE, _DATE)
        )
        self.refuse(
            ~(naive | aware | dates),
            "is not a date or time in the ISO form 2024-01-31 or 2024-01-31T23:00:00Z; set source.time_format "
            '(such as "%d.%m.%Y"), or frequency = "1" for integer steps',
        )
        if aware.any():
            self.refuse(~aware, "has no offset, but other rows have one; write all stamps with an offset or none")
            texts = pc.replace_substring_regex(values, r" ([Z+-])", r"\1")
            return self._cast(texts, _INSTANT)
        return self._cast(values, pa.date32() if dates.all() else _MICROS)

    def _cast(self, values: pa.Array, kind: pa.DataType) -> pa.Array:
        # Zeros beyond microseconds carry nothing, and Arrow would refuse them.
        values = pc.replace_substring_regex(values, r"(\.\d{6})0+", r"\1")
        try:
            return values.cast(kind)
        except pa.ArrowInvalid:
            self.refuse(np.array([not _casts(value, kind) for value in values]), "is not a time of any calendar")
            raise

    def _local(self, values: pa.Array) -> pa.Array:
        """Wall times in the pipeline's zone, without a zone."""
        if values.type.tz is None:
            return values.cast(_MICROS)
        return pc.local_timestamp(values.cast(_INSTANT).cast(pa.timestamp("us", tz=self.rules.time_zone)))

    def _localised(self, local: pa.Array) -> pa.Array:
        """Instants of wall times in the pipeline's zone."""
        zone = self.rules.time_zone
        index = pd.DatetimeIndex(local.to_pandas())
        gaps = index.tz_localize(zone, ambiguous=np.ones(len(index), bool), nonexistent="NaT").isna()
        self.refuse(
            np.asarray(gaps), f"does not exist in {zone}: the clocks were put forward; write stamps with their offset"
        )
        stamps = index.tz_localize(zone, ambiguous="NaT")
        self.refuse(
            np.asarray(stamps.isna()),
            f"exists twice in {zone}: the clocks were put back; write stamps with their offset, or in UTC",
        )
        return pa.array(stamps.as_unit("us")).cast(_INSTANT)


def _casts(value: pa.Scalar, kind: pa.DataType) -> bool:
    try:
        value.cast(kind)
    except pa.ArrowInvalid:
        return False
    return True
