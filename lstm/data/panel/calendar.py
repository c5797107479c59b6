"""Future covariates that follow from the date: the place in the day, the week and the year, and holidays."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np
import pyarrow as pa

from lstm.config import Calendar
from lstm.data.frequency.aliases import DAY, Frequency
from lstm.data.panel.blocks import series_blocks
from lstm.data.panel.panel import NO_CALENDAR, Panel
from lstm.errors import ConfigError

PREFIX = "calendar:"


@dataclass(frozen=True)
class CalendarColumns:
    """What the calendar says of every step of a panel, which its series share. values: float32 (steps, F).

    first: ordinal of the first step. names: F.
    """

    first: int
    names: tuple[str, ...]
    values: np.ndarray

    @classmethod
    def of(cls, panel: Panel) -> "CalendarColumns":
        """The calendar from the first step of a panel to the end of its horizon."""
        first = int(panel.start.min())
        ordinals = np.arange(first, panel.cutoff + panel.horizon + 1)
        return cls(first, *calendar_covariates(panel.calendar, panel.frequency, ordinals, panel.time_zone))

    def put_into(self, panel: Panel) -> Panel:
        """A panel, or some series of it, with these future covariates after its own; it asks for no more of them then.

        They take several times the room of a target, so where series are many, only those in hand are given theirs.
        """
        if panel.calendar == NO_CALENDAR:
            return panel
        first_column = len(panel.future_names)
        future = np.empty((panel.steps, first_column + len(self.names)), panel.future.dtype)
        future[:, :first_column] = panel.future
        for begin, after in series_blocks(panel.indptr):
            rows = slice(panel.indptr[begin], panel.indptr[after])
            future[rows, first_column:] = self.values[panel.block_ordinals(begin, after) - self.first]
        return replace(panel, future=future, future_names=(*panel.future_names, *self.names), calendar=NO_CALENDAR)


def with_calendar(panel: Panel) -> Panel:
    """The panel with the calendar's future covariates after its own; it asks for no more of them then."""
    return CalendarColumns.of(panel).put_into(panel)


def calendar_covariates(
    calendar: Calendar, frequency: Frequency, ordinals: np.ndarray, time_zone: str
) -> tuple[tuple[str, ...], np.ndarray]:
    """(F names, float32 (T, F)): what the pipeline file's [calendar] asks for. Nothing for integer steps."""
    names: tuple[str, ...] = ()
    columns = np.zeros((len(ordinals), 0), np.float32)
    if calendar.features:
        names, columns = calendar_features(frequency, ordinals, time_zone)
    if calendar.holidays is not None and frequency.kind != "integer":
        holiday = holiday_feature(frequency, ordinals, time_zone, calendar.holidays)
        names, columns = (*names, f"{PREFIX}holiday"), np.column_stack([columns, holiday])
    return names, columns


def calendar_features(frequency: Frequency, ordinals: np.ndarray, time_zone: str) -> tuple[tuple[str, ...], np.ndarray]:
    """(F names, float32 (T, F)): sine and cosine of the place of each step in its cycles.

    The hour of the day for steps shorter than a day, by the local clock; the weekday for steps of at most a day; the
    day of the year for steps shorter than a month, the month of the year from there to half a year; none for integers.
    """
    if frequency.kind == "integer":
        return (), np.zeros((len(ordinals), 0), np.float32)
    days, hours = local_days(frequency, ordinals, time_zone)
    names: list[str] = []
    columns: list[np.ndarray] = []
    for name, cycle in _cycles(frequency).items():
        turn = 2 * np.pi * cycle(days, hours)
        names += [f"{PREFIX}{name}_sin", f"{PREFIX}{name}_cos"]
        columns += [np.sin(turn), np.cos(turn)]
    return tuple(names), np.array(columns, np.float32).reshape(len(columns), len(ordinals)).T


Cycle = Callable[[np.ndarray, np.ndarray], np.ndarray]


def _cycles(frequency: Frequency) -> dict[str, Cycle]:
    """Share of each cycle that has passed, by name; days: datetime64[D], hours: float."""
    if frequency.kind == "months":
        return {"month": lambda days, _: _month(days) / 12} if frequency.step < 12 else {}
    cycles: dict[str, Cycle] = {}
    if not frequency.is_date:
        cycles["hour"] = lambda _, hours: hours / 24
    if frequency.kind == "business" or frequency.step <= DAY:
        cycles["weekday"] = lambda days, _: (days.astype(np.int64) + 3) % 7 / 7
    cycles["yearday"] = lambda days, _: (days - days.astype("datetime64[Y]")).astype(np.int64) / 365.2425
    return cycles


def _month(days: np.ndarray) -> np.ndarray:
    return np.asarray(days.astype("datetime64[M]").astype(np.int64) % 12)


def local_days(frequency: Frequency, ordinals: np.ndarray, time_zone: str) -> tuple[np.ndarray, np.ndarray]:
    """(datetime64[D] (T), float (T)): the local day and hour of the day of each step."""
    times = frequency.times(ordinals)
    if frequency.is_date:
        return np.asarray(times.cast(pa.int32())).astype("datetime64[D]"), np.zeros(len(ordinals))
    local = pa.compute.local_timestamp(times.cast(pa.timestamp("us", tz=time_zone)))
    micros = np.asarray(local.cast(pa.int64()))
    day = DAY * 1_000_000
    return (micros // day).astype("datetime64[D]"), micros % day / 3_600e6


def holiday_feature(frequency: Frequency, ordinals: np.ndarray, time_zone: str, region: str) -> np.ndarray:
    """float32 (T): 1 where the step lies on, or spans, a holiday of a country or subdivision (`US`, `US-NY`)."""
    # A step of a day or longer is one that contains a holiday, so the holidays are put on the grid; of a shorter step
    # the local day has to be one.
    days, _ = local_days(frequency, ordinals, time_zone)
    if not len(days):
        return np.zeros(0, np.float32)
    first, last = days.min().astype(date), days.max().astype(date)
    span = timedelta(seconds=max(frequency.seconds, DAY))
    off = np.array(holiday_dates(region, first.year, (last + span).year), "datetime64[D]")
    if not frequency.is_date:
        return np.isin(days, off).astype(np.float32)
    containing = frequency.ordinals(pa.array(off.astype(np.int32), pa.int32()).cast(pa.date32()))[0]
    if frequency.kind == "business":
        containing = containing[np.is_busday(off)]
    return np.isin(ordinals, containing).astype(np.float32)


def regions() -> dict[str, list[str]]:
    """Countries by their two letters, and the subdivisions of each, of which holidays are known."""
    import holidays

    return {name: parts for name, parts in holidays.list_supported_countries().items() if len(name) == 2}


def holiday_dates(region: str, first: int, last: int) -> list[date]:
    """The holidays of a country or subdivision from one year to another. Raises ConfigError where nobody knows it."""
    import holidays  # half a second of imports that most pipelines do not need

    country, _, subdivision = region.partition("-")
    try:
        return list(holidays.country_holidays(country, subdiv=subdivision or None, years=range(first, last + 1)))
    except NotImplementedError as error:
        raise ConfigError(
            f"calendar.holidays = {region!r} is not known to the holidays library ({error}); give a country code, "
            "with a subdivision as in 'US-NY'"
        ) from None
