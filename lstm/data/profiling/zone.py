"""The zone of days and stamps, as far as the stamps themselves say it."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from lstm.data.profiling.times import TimeReading
from lstm.data.timestamps.strptime import DAY_MICROS

# One zone for each clock that many people live by, by population.
_ZONES = (
    "Asia/Shanghai", "Asia/Kolkata", "Europe/Berlin", "America/New_York", "America/Sao_Paulo", "Asia/Tokyo",
    "Asia/Jakarta", "Europe/London", "Europe/Moscow", "America/Chicago", "America/Mexico_City", "Europe/Istanbul",
    "Africa/Johannesburg", "Europe/Helsinki", "America/Los_Angeles", "Australia/Sydney", "Asia/Dubai",
    "America/Denver", "Pacific/Auckland",
)  # fmt: skip
TRIED = 1_000
_HOUR_MICROS = 3_600 * 1_000_000


@dataclass(frozen=True)
class GuessedZone:
    """A likely time zone and why. days: the stamps are one a day, and their time of day has to be cut off."""

    name: str
    why: str
    days: bool = False


def guess_zone(reading: TimeReading, series: np.ndarray) -> GuessedZone:
    """UTC unless the stamps are midnights elsewhere. series: int64 (R), the series of each row."""
    if reading.kind == "integer":
        return GuessedZone("UTC", "the steps are integers, so nothing depends on it")
    if reading.kind == "date":
        return GuessedZone("UTC", "the dates do not say where a day ends; UTC is assumed, set your own")
    days = _is_a_row_a_day(reading, series)
    if reading.kind == "naive":
        return GuessedZone(
            "UTC", "the stamps have no offset; UTC is assumed, set the zone that they were written in", days
        )
    fitting = [zone for zone in ("UTC", *_ZONES) if days and _all_midnights(reading, zone)]
    if fitting and fitting[0] != "UTC" and not _is_steady_morning(reading):
        more = f", and in {', '.join(fitting[1:3])}" if len(fitting) > 1 else ""
        return GuessedZone(fitting[0], f"all stamps are midnights there{more}, so that each is a local day")
    if fitting and fitting[0] != "UTC":
        why = f"UTC is assumed; if days begin at the stamps, they are those of {' or '.join(fitting[:2])}"
        return GuessedZone("UTC", why, days)
    why = "the stamps say their offset; days and --as-of dates are those of UTC until you set your own"
    return GuessedZone("UTC", why, days and not fitting)


def _is_a_row_a_day(reading: TimeReading, series: np.ndarray) -> bool:
    """True where nearly all neighbours in a series are a day apart, give or take the hour that clocks change by."""
    rows = np.flatnonzero(reading.fits)
    order = rows[np.lexsort((reading.values[rows], series[rows]))]
    steps = np.diff(reading.values[order])[np.diff(series[order]) == 0]
    steps = steps[steps > 0]
    near = np.abs(steps - DAY_MICROS) <= _HOUR_MICROS
    return len(steps) > 0 and float(near.mean()) > 0.8 and not (steps < DAY_MICROS - _HOUR_MICROS).any()


def _is_steady_morning(reading: TimeReading) -> bool:
    """True for one time of day, before noon: rather when a job runs than midnight elsewhere, and of the same day."""
    clock = np.unique(reading.values[reading.fits] % DAY_MICROS)
    return len(clock) == 1 and int(clock[0]) < DAY_MICROS // 2


def _all_midnights(reading: TimeReading, zone: str) -> bool:
    distinct = np.unique(reading.values[reading.fits])
    sample = distinct[np.unique(np.linspace(0, len(distinct) - 1, TRIED).astype(int))]
    start = datetime(1970, 1, 1, tzinfo=UTC)
    local = [(start + timedelta(microseconds=int(micros))).astimezone(ZoneInfo(zone)) for micros in sample]
    return all(moment.hour == moment.minute == moment.second == moment.microsecond == 0 for moment in local)
