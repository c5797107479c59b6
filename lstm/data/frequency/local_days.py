"""Days of a zone's calendar that nobody there has ever lived, such as 30 December 2011 in Samoa."""

from datetime import UTC, date, datetime, time
from functools import cache
from zoneinfo import ZoneInfo

import numpy as np

from lstm.data.frequency.grid import DAY, Frequency


def never_were(first: int, last: int, grid: Frequency, time_zone: str) -> np.ndarray:
    """int64: ordinals from `first` to `last` of days that a zone left out when it crossed the date line.

    Only grids of days or business days have any: steps of other lengths have other days, or instants in UTC.
    """
    daily = grid.kind == "business" or (grid.kind == "seconds" and grid.step == DAY)
    if not daily or time_zone == "UTC":
        return np.zeros(0, np.int64)
    ordinals = np.arange(first, last + 1)
    days = grid.texts(ordinals)
    return ordinals[[_never_was(date.fromisoformat(day), time_zone) for day in days]]


@cache
def _never_was(day: date, time_zone: str) -> bool:
    zone = ZoneInfo(time_zone)
    noon = datetime.combine(day, time(12), zone)
    return noon.astimezone(UTC).astimezone(zone).date() != day
