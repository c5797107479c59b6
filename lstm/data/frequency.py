"""The regular grid: times become integers (ordinals) that differ by one from step to step, and back.

Four kinds of grid: a fixed number of seconds (from a second to weeks, with its phase), months (with months, quarters,
years; labelled by their first or last day), business days, and integer steps. A date is meant where steps are a day or
longer, a UTC instant where they are shorter.
"""

import re
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa

from lstm.errors import ConfigError, DataError

DAY = 86_400
EPOCH_DAY = np.datetime64("1970-01-01")
_FIXED_SECONDS = {"s": 1, "min": 60, "h": 3_600, "D": DAY}
_MONTHS = {"M": 1, "MS": 1, "ME": 1, "Q": 3, "QS": 3, "QE": 3, "Y": 12, "YS": 12, "YE": 12}
_WEEKDAYS = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")
_MONTH_NAMES = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_OLD_ALIASES = {"H": "h", "T": "min", "S": "s", "A": "YE", "M": "ME", "Q": "QE", "Y": "YE"}

# An inferred grid may be at most this many times finer than the commonest step: more is one odd stamp, not a grid.
FINEST_SHARE = 4

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

        An ordinal off the grid is that of the step that contains the time; a weekend counts to the Monday after it.
        """
        if self.kind == "integer":
            numbers = np.asarray(times.cast(pa.int64()))
            return _floor(numbers, self.phase, self.step)
        if self.kind == "seconds" and self.is_date:
            return _floor(_seconds(times.cast(pa.date32())), self.phase, self.step)
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
            whole, _ = _floor(number + self.step - 1, self.phase, self.step)
            return whole, (whole * self.step + self.phase == number) & ((days + 1).astype("datetime64[M]") != months)
        whole, exact = _floor(number, self.phase, self.step)
        return whole, exact & (days == months.astype("datetime64[D]"))

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
        """`text` of each."""
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


def _floor(values: np.ndarray, phase: int, step: int) -> tuple[np.ndarray, np.ndarray]:
    shifted = values.astype(np.int64) - phase
    whole = np.floor_divide(shifted, step)
    return whole, whole * step == shifted


def parse_frequency(alias: str) -> Frequency:
    """A grid from a pandas alias: `15min`, `h`, `D`, `W-MON`, `MS`, `QE-DEC`, `YS`, `B`, or `1` for integer steps.

    Raises ConfigError that names the alias and examples of what is known.
    """
    return _parse(alias)[0]


def _parse(alias: str) -> tuple[Frequency, int]:
    """(grid, unit): the alias leaves the grid's phase open by multiples of the unit."""
    number, name, anchor = _split(alias)
    count = int(number or 1)
    canonical = f"{number}{name}{'-' + anchor if anchor else ''}"
    if count >= 1:
        if not name and number:
            return Frequency(number, "integer", count), 1
        if name == "B" and count == 1 and not anchor:
            return Frequency(canonical, "business", 1), 1
        if name == "W" and anchor in ("", *_WEEKDAYS):
            # Pandas names a week by its last day; plain W ends on a Sunday. 1970-01-01 was a Thursday.
            weekday = _WEEKDAYS.index(anchor or "SUN")
            grid = Frequency(f"{number}W-{anchor or 'SUN'}", "seconds", 7 * DAY * count, ((weekday - 3) % 7) * DAY)
            return grid, 7 * DAY if anchor else DAY
        if name in _FIXED_SECONDS and not anchor:
            step = _FIXED_SECONDS[name] * count
            return Frequency(canonical, "seconds", step), DAY if step % DAY == 0 else 1
        if name in _MONTHS and anchor in ("", *_MONTH_NAMES) and not (anchor and _MONTHS[name] == 1):
            end = name.endswith("E")
            month = _MONTH_NAMES.index(anchor) if anchor else (11 if end else 0)
            step = _MONTHS[name] * count
            return Frequency(canonical, "months", step, month % step, month_end=end), _MONTHS[name]
    raise ConfigError(
        f"frequency {alias!r} is not known; give a pandas alias such as 'h', '15min', 'D', 'W-MON', 'MS', 'QE', 'YS', "
        "'B', or '1' for integer steps"
    )


def _split(alias: str) -> tuple[str, str, str]:
    """(number, name, anchor) of an alias; old pandas names replaced."""
    match = re.fullmatch(r"([0-9]{0,9})([A-Za-z]*)(?:-([A-Z]{3}))?", alias.strip())
    number, name, anchor = match.groups() if match else ("", alias, None)
    return number, _OLD_ALIASES.get(name, name), anchor or ""


def has_open_phase(alias: str) -> bool:
    """True where `fit_frequency` takes the phase from the times: `h`, `5min`, plain `W`, but not `D` or `MS`."""
    grid, unit = _parse(alias)
    return grid.kind != "business" and grid.step != unit


def fit_frequency(alias: str, times: pa.Array) -> Frequency:
    """The grid of an alias; its phase is the one that most times have, where the alias leaves it open.

    So `5min` holds 17:34, 17:39, ..., plain `W` weeks of Mondays, and `5` the steps 3, 8, 13. A time that does not
    share the phase is off the grid. times: in the grid's type.
    """
    grid, unit = _parse(alias)
    if not has_open_phase(alias) or not len(times):
        return grid
    phases = np.mod(_numbers(grid, times) - grid.phase, grid.step)
    open_ones = phases[phases % unit == 0]
    if not len(open_ones):
        return grid
    values, counts = np.unique(open_ones, return_counts=True)
    phase = int((grid.phase + values[np.argmax(counts)]) % grid.step)
    name = grid.alias
    if re.fullmatch("[0-9]*W-SUN", name) and not alias.strip().endswith("-SUN"):
        name = name.replace("SUN", _WEEKDAYS[(phase // DAY + 3) % 7])
    return replace(grid, alias=name, phase=phase)


def _numbers(grid: Frequency, times: pa.Array) -> np.ndarray:
    """int64: times in the unit of `phase` (seconds, months or integers), fractions of a second cut off."""
    if grid.kind == "integer":
        return np.asarray(times.cast(pa.int64()))
    if grid.kind == "months":
        days = np.asarray(times.cast(pa.date32()).cast(pa.int32())).astype("datetime64[D]")
        return np.asarray(days.astype("datetime64[M]").astype(np.int64))
    return _seconds(times)


def _seconds(times: pa.Array) -> np.ndarray:
    """int64: seconds since 1970 of dates or instants."""
    if pa.types.is_date(times.type):
        return np.asarray(times.cast(pa.date32()).cast(pa.int32())).astype(np.int64) * DAY
    return np.asarray(times.cast(pa.timestamp("us")).cast(pa.int64())) // 1_000_000


def _has_fractions(times: pa.Array) -> bool:
    return bool((np.asarray(times.cast(pa.timestamp("us")).cast(pa.int64())) % 1_000_000).any())


def infer_frequency(times: pa.Array, series: np.ndarray) -> Frequency:
    """The coarsest known grid that holds every time of every series.

    times: sorted within each series, in UTC instants, dates or integers. series: int, the series of each time.
    Raises DataError when no known grid holds the times; the message names the commonest step and an odd time.
    """
    if pa.types.is_integer(times.type):
        numbers = np.asarray(times.cast(pa.int64()))
        step = int(np.gcd.reduce(numbers - numbers[0])) or 1
        return Frequency(str(step), "integer", step, int(numbers[0]) % step)
    if pa.types.is_timestamp(times.type) and _has_fractions(times):
        raise DataError(
            "the time stamps have fractions of a second, which lie on no known grid; round them in the source"
        )
    seconds = _seconds(times)
    steps = _steps(seconds, series)
    if not len(steps):
        raise DataError('no series has two different times, so the frequency cannot be found; name it: frequency = "D"')
    values, counts = np.unique(steps, return_counts=True)
    commonest = int(values[np.argmax(counts)])
    if not pa.types.is_date(times.type):
        return _shorter_than_a_day(seconds, commonest)
    distinct = np.unique(seconds // DAY)
    days = pa.array(distinct.astype(np.int32), pa.int32()).cast(pa.date32())
    for alias in _candidates(commonest // DAY, distinct, steps // DAY):
        grid = fit_frequency(alias, days)
        if grid.ordinals(days)[1].all():
            return grid
    return parse_frequency("D")


def _steps(values: np.ndarray, series: np.ndarray) -> np.ndarray:
    steps = np.diff(values)[np.diff(series) == 0]
    return np.asarray(steps[steps > 0])


def _candidates(commonest: int, days: np.ndarray, steps: np.ndarray) -> list[str]:
    """Aliases to try for dates, coarsest first. commonest: the commonest step. days: distinct days since 1970."""
    if commonest >= 28:
        span = "Y" if commonest >= 360 else "Q" if commonest >= 85 else "M"
        anchors = [""] if span == "M" else [f"-{name}" for name in _MONTH_NAMES]
        by_span = [f"{span}{end}{anchor}" for end in ("S", "E") for anchor in anchors]
        return [*by_span, "MS", "ME"] if commonest < 360 else [*by_span, *_candidates(90, days, steps)]
    whole = int(np.gcd.reduce(days - days[0]))
    if whole % 7 == 0 and commonest % 7 == 0:
        return [f"{whole // 7 if whole > 7 else ''}W"]
    weekends_crossed = (steps == 3).any() and not np.isin((days + 3) % 7, (5, 6)).any()
    if commonest == 1 and weekends_crossed:
        return ["B"]
    return [f"{whole}D"] if whole > 1 and whole == commonest else []


def _shorter_than_a_day(seconds: np.ndarray, commonest: int) -> Frequency:
    """The grid of instants whose step divides every distance; refused when it is far finer than the commonest step."""
    step = int(np.gcd.reduce(seconds - seconds[0]))
    if commonest >= DAY or step * FINEST_SHARE < commonest:
        odd = seconds[np.flatnonzero(np.mod(seconds - seconds[0], commonest))[:1]]
        where = f"{datetime.fromtimestamp(int(odd[0]), UTC):%Y-%m-%dT%H:%M:%SZ} is off it" if len(odd) else ""
        why = where or "the times are not midnights in time_zone"
        raise DataError(
            f"the frequency cannot be found: the commonest step is {timedelta(seconds=commonest)}, but {why}; name "
            "frequency (and time_zone, for local days) in the pipeline file, then every time off the grid is counted"
        )
    unit, size = next((unit, size) for unit, size in (("h", 3_600), ("min", 60), ("s", 1)) if step % size == 0)
    return Frequency(unit if step == size else f"{step // size}{unit}", "seconds", step, int(seconds[0]) % step)
