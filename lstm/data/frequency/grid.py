"""The regular grid: times become integers (ordinals) that differ by one from step to step, and back.

Four kinds of grid: a fixed number of seconds (from a second to weeks, with its phase), months (with months, quarters,
years; labelled by their first or last day), business days, and integer steps. A date is meant where steps are a day or
longer, a UTC instant where they are shorter.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa

DAY = 86_400
EPOCH_DAY = np.datetime64("1970-01-01")
Kind = Literal["seconds", "months", "business", "integer"]


@dataclass(frozen=True)
class Frequency:
    """A regular grid of times. Build one with `parse_frequency`, `fit_frequency` or `infer_frequency`.

    step: seconds, months, business days or integers between neighbours. phase: where the grid lies, in the same unit
    after 1970-01-01 (integer grids: after 0). month_end: a month is labelled by its last day.
    """

    alias: str
    kind: Kind
    step: int
    phase: int = 0
    month_end: bool = False

    @property
    def is_date(self) -> bool:
        """True where a step is a day or longer, so that times are dates."""
        return self.kind in ("months", "business") or (self.kind == "seconds" and self.step % DAY == 0)

    @property
    def seconds(self) -> float:
        """Mean length of a step in seconds; 0 for integer steps."""
        return {"seconds": self.step, "months": self.step * 30.436875 * DAY, "business": 1.4 * DAY, "integer": 0}[
            self.kind
        ]

    def ordinals(self, times: pa.Array) -> tuple[np.ndarray, np.ndarray]:
        """(ordinals int64, on_grid bool) of times in the grid's own type (see `arrow_type`), none missing.

        An ordinal off the grid is that of the step that contains the time; a weekend counts to the Monday after it.
        """
        if self.kind == "integer":
            numbers = np.asarray(times.cast(pa.int64()))
            return _floor(numbers, self.phase, self.step)
        if self.kind == "seconds" and self.is_date:
            return _floor(whole_seconds(times.cast(pa.date32())), self.phase, self.step)
        if self.kind == "seconds":
            micros = np.asarray(times.cast(pa.timestamp("us")).cast(pa.int64()))
            return _floor(micros, self.phase * 1_000_000, self.step * 1_000_000)
        days = np.asarray(times.cast(pa.date32()).cast(pa.int32())).astype("datetime64[D]")
        if self.kind == "business":
            weekdays = np.busday_offset(days, 0, roll="forward")
            return np.busday_count(EPOCH_DAY, weekdays).astype(np.int64), np.is_busday(days)
        months = days.astype("datetime64[M]")
        number = months.astype(np.int64)
        if self.month_end:
            # The label is the last month of its step, so a month belongs to the label at or after it.
            ordinals, _ = _floor(number + self.step - 1, self.phase, self.step)
            return ordinals, (ordinals * self.step + self.phase == number) & (
                (days + 1).astype("datetime64[M]") != months
            )
        ordinals, exact = _floor(number, self.phase, self.step)
        return ordinals, exact & (days == months.astype("datetime64[D]"))

    def numbers(self, times: pa.Array) -> np.ndarray:
        """int64: times in the unit of `phase`: seconds (fractions cut off), months, days or integers."""
        if self.kind == "integer":
            return np.asarray(times.cast(pa.int64()))
        if self.kind != "months":
            return whole_seconds(times)
        days = np.asarray(times.cast(pa.date32()).cast(pa.int32())).astype("datetime64[D]")
        return np.asarray(days.astype("datetime64[M]").astype(np.int64))

    def times(self, ordinals: np.ndarray) -> pa.Array:
        """Times of ordinals, in the grid's own type (`arrow_type`)."""
        ordinals = np.asarray(ordinals, dtype=np.int64)
        if self.kind == "integer":
            return pa.array(ordinals * self.step + self.phase, pa.int64())
        if self.kind == "seconds":
            seconds = ordinals * self.step + self.phase
            if self.is_date:
                return pa.array((seconds // DAY).astype(np.int32), pa.int32()).cast(pa.date32())
            return pa.array(seconds * 1_000_000, pa.int64()).cast(self.arrow_type)
        if self.kind == "business":
            days = np.busday_offset(EPOCH_DAY, ordinals, roll="forward")
        else:
            months = (ordinals * self.step + self.phase).astype("datetime64[M]")
            days = (months + 1).astype("datetime64[D]") - 1 if self.month_end else months.astype("datetime64[D]")
        return pa.array(days.astype("datetime64[D]").astype(np.int32), pa.int32()).cast(pa.date32())

    @property
    def arrow_type(self) -> pa.DataType:
        """date32, timestamp[us, UTC] or int64."""
        if self.kind == "integer":
            return pa.int64()
        return pa.date32() if self.is_date else pa.timestamp("us", tz="UTC")

    def text(self, ordinal: int) -> str:
        """A time as people and JSON read it: `2013-12-30`, `2013-12-30T23:00Z`, `417`."""
        return self.texts(np.array([ordinal]))[0]

    def texts(self, ordinals: np.ndarray) -> list[str]:
        """Times as people and JSON read them, see `text`."""
        times = self.times(ordinals)
        if self.kind == "integer" or self.is_date:
            return list(times.cast(pa.string()).to_pylist())
        length = 16 if self.step % 60 == 0 and self.phase % 60 == 0 else 19
        # Arrow writes `2013-12-30 23:00:00.000000`; its own strftime knows the locale, and is slow.
        naive = times.cast(pa.timestamp("us")).cast(pa.string())
        return [f"{text[:10]}T{text[11:length]}Z" for text in naive.to_pylist()]

    def ordinal_of_text(self, text: str) -> int:
        """Inverse of `text`."""
        if self.kind == "integer":
            times = pa.array([int(text)], pa.int64())
        elif self.is_date:
            times = pa.array([date.fromisoformat(text)], pa.date32())
        else:
            times = pa.array([datetime.fromisoformat(text)], self.arrow_type)
        return int(self.ordinals(times)[0][0])

    def newest_complete(self, as_of: datetime | int, time_label: str, time_zone: str) -> int:
        """Ordinal of the newest period that had ended at `as_of`.

        as_of: an aware instant, or an integer for integer steps. A period that a stamp names by its start has ended
        when the next one begins; one that is named by its end has ended at the stamp. A date that names the end of a
        week or a month is its last day, and the period has ended once that day is over; a date that names the end of
        a day is the midnight after it.
        """
        if isinstance(as_of, int):
            running = int(_floor(np.array([as_of]), self.phase, self.step)[0][0])
        elif not self.is_date:
            instant = pa.array([as_of.astimezone(UTC)], self.arrow_type)
            running = int(self.ordinals(instant)[0][0])
        else:
            return self._newest_day(as_of.astimezone(ZoneInfo(time_zone)).date(), time_label)
        return running if time_label == "end" else running - 1

    def _newest_day(self, today: date, time_label: str) -> int:
        yesterday = today - timedelta(days=1)
        spans_days = self.month_end or (self.kind == "seconds" and self.step > DAY)
        if time_label == "start" and not self.month_end:
            return self._ordinal_of_day(today)[0] - 1
        ordinal, exact = self._ordinal_of_day(yesterday if spans_days else today)
        # Month ends and weekends belong to the label after them.
        return ordinal - (not exact and (self.month_end or self.kind == "business"))

    def _ordinal_of_day(self, day: date) -> tuple[int, bool]:
        ordinals, exact = self.ordinals(pa.array([day], pa.date32()))
        return int(ordinals[0]), bool(exact[0])

    def default_seasons(self) -> tuple[int, ...]:
        """Season lengths in steps that people expect of this grid, shortest first; (1,) where there is none."""
        if self.kind == "integer":
            return (1,)
        if self.kind == "business":
            return (5,)
        if self.kind == "months":
            return (12 // self.step,) if 12 % self.step == 0 and self.step < 12 else (1,)
        candidates = [span // self.step for span in (3_600, DAY, 7 * DAY) if span % self.step == 0]
        if self.step == 7 * DAY:
            candidates = [52]
        lengths = [length for length in candidates if length > 1]
        # An hour within minutes is rarely a season of its own; a day and a week are.
        return tuple(lengths[-2:]) or (1,)


def nearest_ordinals(grid: Frequency, times: pa.Array, ordinals: np.ndarray) -> np.ndarray:
    """Ordinals of the steps nearest to times; of two that are as near, the later one.

    times: in the grid's own type. ordinals: what `Frequency.ordinals` says of them.
    """

    def number(values: pa.Array) -> np.ndarray:
        kind = pa.int32() if pa.types.is_date(values.type) else pa.int64()
        return np.asarray(values.cast(grid.arrow_type).cast(kind)).astype(np.int64)

    moment = number(times)
    before = ordinals - (number(grid.times(ordinals)) > moment)  # ends of months and weekends count to a later label
    low, high = number(grid.times(before)), number(grid.times(before + 1))
    return np.asarray(before + (2 * (moment - low) >= high - low))


def _floor(values: np.ndarray, phase: int, step: int) -> tuple[np.ndarray, np.ndarray]:
    shifted = values.astype(np.int64) - phase
    quotient = np.floor_divide(shifted, step)
    return quotient, quotient * step == shifted


def whole_seconds(times: pa.Array) -> np.ndarray:
    """int64: seconds since 1970 of dates or instants, fractions cut off."""
    if pa.types.is_date(times.type):
        return np.asarray(times.cast(pa.date32()).cast(pa.int32())).astype(np.int64) * DAY
    return np.asarray(times.cast(pa.timestamp("us")).cast(pa.int64())) // 1_000_000
