"""Closed steps: times at which nothing is ever counted, such as the Sundays of shops, by the pipeline file or found."""

import numpy as np
import pyarrow as pa

from lstm.config import Calendar
from lstm.config.source import WEEKDAYS
from lstm.data.frequency.aliases import DAY, Frequency
from lstm.data.panel.blocks import series_blocks
from lstm.data.panel.calendar import holiday_feature, local_days
from lstm.data.panel.panel import Panel
from lstm.errors import ConfigError

FEWEST_WEEKS = 8  # a place of the week is closed that was without a row at least so often, and always
HOURS = 24
MINUTE = 60


def closed_steps(calendar: Calendar, frequency: Frequency, ordinals: np.ndarray, time_zone: str) -> np.ndarray:
    """bool (T): steps that `calendar.closed` names, by the local clock. ordinals: int64 (T).

    Raises ConfigError where the steps have no weekday or no hour that could be closed.
    """
    closed = np.zeros(len(ordinals), bool)
    if not calendar.closed:
        return closed
    if not has_weekdays(frequency):
        raise ConfigError(
            f"calendar.closed = {list(calendar.closed)}: steps of {frequency.alias!r} are longer than a day, or no "
            "times, and have no closed days; leave it out"
        )
    days, hours = local_days(frequency, ordinals, time_zone)
    for entry in calendar.closed:
        if entry in WEEKDAYS:
            closed |= weekday(days) == WEEKDAYS.index(entry)
        elif entry == "holidays":
            assert calendar.holidays is not None
            closed |= holiday_feature(frequency, ordinals, time_zone, calendar.holidays) > 0
        elif ":" not in entry:
            months = days.astype("datetime64[M]")
            month, day = map(int, entry.split("-"))
            of_month = (days - months.astype("datetime64[D]")).astype(np.int64) + 1
            closed |= (months.astype(np.int64) % 12 + 1 == month) & (of_month == day)
        elif frequency.is_date:
            raise ConfigError(f"calendar.closed: {entry!r} names hours, and a step is a whole day; leave it out")
        else:
            begin, end = (_hours(part) for part in entry.split("-"))
            inside = (hours >= begin, hours < end)
            closed |= inside[0] & inside[1] if begin < end else inside[0] | inside[1]
    return closed


def _hours(text: str) -> float:
    hour, _, minute = text.partition(":")
    return int(hour) + int(minute) / MINUTE


def has_weekdays(frequency: Frequency) -> bool:
    """Whether a step lies on one day of the week."""
    return frequency.kind == "business" or (frequency.kind == "seconds" and frequency.step <= DAY)


def weekday(days: np.ndarray) -> np.ndarray:
    """int64: 0 for Mondays to 6 for Sundays. days: datetime64[D]."""
    return np.asarray((days.astype(np.int64) + 3) % 7)


def rows_by_step(panel: Panel, present: np.ndarray, through: int) -> tuple[np.ndarray, np.ndarray]:
    """(ordinals int64 from the panel's first to `through`, bool whether any series has a row there).

    present: bool (T), steps of the panel with a row.
    """
    ordinals = np.arange(int(panel.start.min()), through + 1)
    has_row = np.zeros(len(ordinals), bool)
    for first, after in series_blocks(panel.indptr):
        steps = panel.block_ordinals(first, after)[present[panel.indptr[first] : panel.indptr[after]]]
        has_row[steps[steps <= through] - ordinals[0]] = True
    return ordinals, has_row


def open_steps(panel: Panel) -> np.ndarray:
    """int64 (S): how many steps of each series up to the cutoff are not closed."""
    ordinals = np.arange(int(panel.start.min()), panel.cutoff + 1)
    opened = ~closed_steps(panel.calendar, panel.frequency, ordinals, panel.time_zone)
    return np.asarray(opened[::-1].cumsum()[::-1][panel.start - ordinals[0]])


def open_rows(panel: Panel) -> np.ndarray:
    """bool (T): rows of the panel whose steps are not closed, up to the cutoff."""
    ordinals = np.arange(int(panel.start.min()), panel.cutoff + 1)
    opened = ~closed_steps(panel.calendar, panel.frequency, ordinals, panel.time_zone)
    opened = np.append(opened, np.zeros(panel.horizon, bool))
    places = (panel.block_ordinals(*block) - ordinals[0] for block in series_blocks(panel.indptr))
    return np.concatenate([opened[place] for place in places])


def closed_places(frequency: Frequency, rows: tuple[np.ndarray, np.ndarray], time_zone: str) -> tuple[str, ...]:
    """Entries for `calendar.closed` that a table bears out: weekdays, then hours, that never have a row.

    rows: see `rows_by_step`. A place counts that was empty at least `FEWEST_WEEKS` times; hours at whole ones, in one
    span of the day.
    """
    ordinals, has_row = rows
    if not has_weekdays(frequency) or frequency.kind == "business" or not has_row.any():
        return ()
    days, hours = local_days(frequency, ordinals, time_zone)
    of_week = weekday(days)
    weeks = len(np.unique(days)) / len(WEEKDAYS)
    if weeks < FEWEST_WEEKS:
        return ()
    seen = np.bincount(of_week, has_row, len(WEEKDAYS)) > 0
    places = [name for name, ever in zip(WEEKDAYS, seen.tolist(), strict=True) if not ever]
    if not frequency.is_date:
        places += _closed_hours(hours, has_row)
    return tuple(places)


def _closed_hours(hours: np.ndarray, has_row: np.ndarray) -> list[str]:
    """The one span of whole hours that never has a row; none where there are several, or it comes from a rare row."""
    whole = hours.astype(np.int64)
    seen = np.bincount(whole, has_row, HOURS) > 0
    there = np.bincount(whole, minlength=HOURS) > 0
    if seen.all() or not there.all():
        return []
    begins = np.flatnonzero(~seen & np.roll(seen, 1))
    ends = np.flatnonzero(seen & ~np.roll(seen, 1))
    if len(begins) != 1:
        return []
    begin, end = int(begins[0]), int(ends[0])
    return [f"{begin:02d}:00-{end:02d}:00" if end else f"{begin:02d}:00-24:00"]


def closed_times(calendar: Calendar, panel: Panel) -> pa.Array:
    """The times of the horizon that are closed, in the grid's own type."""
    ahead = panel.cutoff + np.arange(1, panel.horizon + 1)
    return panel.frequency.times(ahead[closed_steps(calendar, panel.frequency, ahead, panel.time_zone)])
