"""The regular grid: times become integers (ordinals) that differ by one from step to step, and back.

Four kinds of grid: a fixed number of seconds (from a second to weeks, with its phase), months (with months, quarters,
years; labelled by their first or last day), business days, and integer steps. A date is meant where steps are a day or
longer, a UTC instant where they are shorter.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pyarrow as pa

from lstm.errors import ConfigError, DataError

DAY = 86_400
_FIXED_SECONDS = {"s": 1, "min": 60, "h": 3_600, "D": DAY, "W": 7 * DAY}
_MONTHS = {"M": 1, "MS": 1, "ME": 1, "Q": 3, "QS": 3, "QE": 3, "Y": 12, "YS": 12, "YE": 12}
_WEEKDAYS = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")
_MONTH_NAMES = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_OLD_ALIASES = {"H": "h", "T": "min", "S": "s", "A": "YE", "M": "ME", "Q": "QE", "Y": "YE"}

Kind = Literal["seconds", "months", "business", "integer"]


@dataclass(frozen=True)
class Frequency:
    """A grid. Build one with `parse_frequency` or `infer_frequency`.

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

        An ordinal off the grid is that of the step that contains the time.
        """
        if self.kind == "integer":
            numbers = np.asarray(times.cast(pa.int64()))
            return _floor(numbers, self.phase, self.step)
        if self.kind == "seconds":
            if self.is_date:
                seconds = np.asarray(times.cast(pa.date32()).cast(pa.int32())).astype(np.int64) * DAY
            else:
                micros = np.asarray(times.cast(pa.timestamp("us")).cast(pa.int64()))
                whole, exact = _floor(micros, self.phase * 1_000_000, self.step * 1_000_000)
                return whole, exact
            return _floor(seconds, self.phase, self.step)
        days = np.asarray(times.cast(pa.date32()).cast(pa.int32())).astype("datetime64[D]")
        if self.kind == "business":
            return np.busday_count(np.datetime64("1970-01-01"), days).astype(np.int64), np.is_busday(days)
        months = days.astype("datetime64[M]")
        if self.month_end:
            on_day = (days + 1).astype("datetime64[M]") != months
        else:
            on_day = days == months.astype("datetime64[D]")
        whole, exact = _floor(months.astype(np.int64), self.phase, self.step)
        return whole, exact & on_day

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
            days = np.busday_offset(np.datetime64("1970-01-01"), ordinals, roll="forward")
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
        value = self.times(np.array([ordinal]))[0].as_py()
        if isinstance(value, datetime):
            return value.strftime("%Y-%m-%dT%H:%MZ" if self.step % 60 == 0 else "%Y-%m-%dT%H:%M:%SZ")
        return str(value)

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
        when the next one begins; one that is named by its end has ended at the stamp.
        """
        if isinstance(as_of, int):
            running = int(_floor(np.array([as_of]), self.phase, self.step)[0][0])
        elif self.is_date:
            day = as_of.astimezone(ZoneInfo(time_zone)).date()
            if self.month_end and time_label == "start":
                # The label is the month's last day; the month has ended once the next one runs.
                day = day.replace(day=1)
            running = int(self.ordinals(pa.array([day], pa.date32()))[0][0])
            if time_label == "end" and self.month_end and (day + timedelta(days=1)).day != 1:
                running -= 1
        else:
            instant = pa.array([as_of.astimezone(ZoneInfo("UTC"))], self.arrow_type)
            running = int(self.ordinals(instant)[0][0])
        return running if time_label == "end" else running - 1

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


def _floor(values: np.ndarray, phase: int, step: int) -> tuple[np.ndarray, np.ndarray]:
    shifted = values.astype(np.int64) - phase
    whole = np.floor_divide(shifted, step)
    return whole, whole * step == shifted


def parse_frequency(alias: str) -> Frequency:
    """A grid from a pandas alias: `15min`, `h`, `D`, `W-MON`, `MS`, `QE-DEC`, `YS`, `B`, or `1` for integer steps.

    Raises ConfigError that names the alias and examples of what is known.
    """
    text = alias.strip()
    if text.isdigit() and int(text) > 0:
        return Frequency(text, "integer", int(text))
    number = "".join(character for character in text if character.isdigit())
    rest = text[len(number) :] if text.startswith(number) else ""
    count = int(number or 1)
    name, _, anchor = rest.partition("-")
    name = _OLD_ALIASES.get(name, name)
    canonical = f"{number}{name}{'-' + anchor if anchor else ''}"
    if count >= 1:
        if name == "B" and count == 1 and not anchor:
            return Frequency(canonical, "business", 1)
        if name == "W" and anchor in ("", *_WEEKDAYS):
            # Pandas names a week by its last day; plain W ends on a Sunday. 1970-01-01 was a Thursday.
            weekday = _WEEKDAYS.index(anchor or "SUN")
            return Frequency(f"{number}W-{anchor or 'SUN'}", "seconds", 7 * DAY * count, ((weekday - 3) % 7) * DAY)
        if name in _FIXED_SECONDS and not anchor:
            return Frequency(canonical, "seconds", _FIXED_SECONDS[name] * count)
        if name in _MONTHS and anchor in ("", *_MONTH_NAMES) and not (anchor and _MONTHS[name] == 1):
            end = name.endswith("E")
            month = _MONTH_NAMES.index(anchor) if anchor else (11 if end else 0)
            step = _MONTHS[name] * count
            return Frequency(canonical, "months", step, month % step, month_end=end)
    raise ConfigError(
        f"frequency {alias!r} is not known; give a pandas alias such as 'h', '15min', 'D', 'W-MON', 'MS', 'QE', 'YS', "
        "'B', or '1' for integer steps"
    )


def infer_frequency(times: pa.Array, series: np.ndarray) -> Frequency:
    """The coarsest known grid that holds every time of every series.

    times: sorted within each series, in UTC instants, dates or integers. series: int, the series of each time.
    Raises DataError when no known grid holds the times; the message names the commonest step.
    """
    if pa.types.is_integer(times.type):
        numbers = np.asarray(times.cast(pa.int64()))
        step = int(np.gcd.reduce(_steps(numbers, series)) or 1) if len(numbers) > 1 else 1
        return Frequency(str(step), "integer", step, int(numbers[0]) % step if len(numbers) else 0)
    if pa.types.is_date(times.type):
        seconds = np.asarray(times.cast(pa.date32()).cast(pa.int32())).astype(np.int64) * DAY
    else:
        micros = np.asarray(times.cast(pa.timestamp("us")).cast(pa.int64()))
        if (micros % 1_000_000).any():
            raise DataError(
                "the time stamps have fractions of a second, which lie on no known grid; round them in the source"
            )
        seconds = micros // 1_000_000
    steps = _steps(seconds, series)
    if not len(steps):
        raise DataError('no series has two different times, so the frequency cannot be found; name it: frequency = "D"')
    commonest = int(pd.Series(steps).mode().iloc[0])
    days = pa.array((seconds // DAY).astype(np.int32), pa.int32()).cast(pa.date32())
    whole_days = not (seconds % DAY).any()
    for alias in _candidates(commonest, seconds) if whole_days else _shorter_than_a_day(steps):
        grid = parse_frequency(alias) if not alias.startswith("@") else _phased(alias, seconds)
        if grid.ordinals(days if grid.is_date else pa.array(seconds * 1_000_000).cast(grid.arrow_type))[1].all():
            return grid
    raise DataError(
        f"the commonest step is {timedelta(seconds=commonest)}, but no known grid holds all the times; "
        "name the frequency in the pipeline file, then the times off the grid are listed"
    )


def _steps(values: np.ndarray, series: np.ndarray) -> np.ndarray:
    steps = np.diff(values)[np.diff(series) == 0]
    return np.asarray(steps[steps > 0])


def _candidates(commonest: int, seconds: np.ndarray) -> list[str]:
    """Aliases to try for whole days, by the commonest step; the last ones hold any day."""
    days = commonest // DAY
    if days >= 28:
        span = "Y" if days >= 360 else "Q" if days >= 85 else "M"
        anchors = [""] if span == "M" else [f"-{name}" for name in _MONTH_NAMES]
        return [f"{span}{end}{anchor}" for end in ("S", "E") for anchor in anchors]
    if days == 7:
        weekday = _WEEKDAYS[int(seconds[0] // DAY + 3) % 7]
        return [f"W-{weekday}", "D"]
    return ["B", "D"] if days == 1 and not np.isin((seconds // DAY + 3) % 7, (5, 6)).any() else ["D"]


def _shorter_than_a_day(steps: np.ndarray) -> list[str]:
    step = int(np.gcd.reduce(steps))
    return [f"@{step}"] if step < DAY else ["@3600"]


def _phased(alias: str, seconds: np.ndarray) -> Frequency:
    step = int(alias[1:])
    unit, size = next((unit, size) for unit, size in (("h", 3_600), ("min", 60), ("s", 1)) if step % size == 0)
    name = unit if step == size else f"{step // size}{unit}"
    return Frequency(name, "seconds", step, int(seconds[0]) % step)
