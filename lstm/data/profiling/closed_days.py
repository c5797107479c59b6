"""When nothing is ever counted in a table: its closed weekdays and hours, and the region whose holidays it keeps."""

from dataclasses import dataclass

import numpy as np

from lstm.config.source import WEEKDAYS
from lstm.data.frequency.grid import Frequency
from lstm.data.panel.calendar import holiday_dates, local_days, regions
from lstm.data.panel.closed import closed_places, weekday

ENOUGH_DAYS = 300
FEWEST_HOLIDAYS = 5
MOST_DAYS = 40  # days a year without a row, beside closed weekdays; more are gaps and not holidays
SHARE_EXPLAINED = 0.6
SHOWN = 3


@dataclass(frozen=True)
class GuessedClosing:
    """What is closed: entries of `calendar.closed`, each with how often it was. region: of the holidays, or None.

    alike: other regions with the same holidays in the table's time.
    """

    entries: tuple[str, ...] = ()
    region: str | None = None
    holidays: int = 0
    alike: tuple[str, ...] = ()

    @property
    def why(self) -> str:
        """Of the entries."""
        return "no series has a value there, ever; such steps are neither forecast nor missing"

    @property
    def why_region(self) -> str:
        """Of the region."""
        others = ", ".join(self.alike[:SHOWN]) + (f" and {len(self.alike) - SHOWN} more" if self.alike[SHOWN:] else "")
        same = f", and those of {others} are the same" if others else ""
        return f"all its {self.holidays} holidays are days without a value{same}"


def guess_closing(grid: Frequency, rows: tuple[np.ndarray, np.ndarray], time_zone: str) -> GuessedClosing:
    """What is closed in a table. rows: (ordinals, bool whether any series has a value there)."""
    places = closed_places(grid, rows, time_zone)
    if grid.kind != "seconds" or len(rows[0]) == 0:
        return GuessedClosing()
    days, _ = local_days(grid, rows[0], time_zone)
    distinct, place = np.unique(days, return_inverse=True)
    has_row = np.bincount(place, rows[1]) > 0
    opened = ~np.isin(weekday(distinct), [WEEKDAYS.index(name) for name in places if name in WEEKDAYS])
    empty = distinct[~has_row & opened]
    years = len(distinct) / 365.25
    if len(distinct) < ENOUGH_DAYS or not FEWEST_HOLIDAYS <= len(empty) <= MOST_DAYS * years:
        return GuessedClosing(places)
    region, count, alike = _region(empty, distinct[opened])
    if region is None:
        return GuessedClosing(places)
    rest = np.setdiff1d(empty, _dates(region, distinct[opened]))
    return GuessedClosing((*places, "holidays", *_every_year(rest, distinct, has_row)), region, count, alike)


def _dates(region: str, days: np.ndarray) -> np.ndarray:
    """datetime64[D]: the holidays of a region that are among the days."""
    years = days[[0, -1]].astype("datetime64[Y]").astype(int) + 1970
    return np.intersect1d(np.array(holiday_dates(region, int(years[0]), int(years[1])), "datetime64[D]"), days)


def _region(empty: np.ndarray, days: np.ndarray) -> tuple[str | None, int, tuple[str, ...]]:
    """(region all of whose holidays are empty, and most of the empty days; how many those are; regions alike)."""
    counts: dict[str, int] = {}
    for country, parts in regions().items():
        for region in (country, *(f"{country}-{part}" for part in parts)):
            kept = _dates(region, days)
            if len(kept) >= FEWEST_HOLIDAYS and np.isin(kept, empty).all():
                counts[region] = len(kept)
            elif region == country:
                break  # the parts of a country keep its own holidays, too
    most = max(counts.values(), default=0)
    if most < max(SHARE_EXPLAINED * len(empty), FEWEST_HOLIDAYS):
        return None, 0, ()
    first, *alike = sorted((region for region, count in counts.items() if count == most), key=lambda name: "-" in name)
    return first, most, tuple(alike)


def _every_year(rest: np.ndarray, days: np.ndarray, has_row: np.ndarray) -> tuple[str, ...]:
    """Days of the year that were empty in every year of the table, of which there are two at least."""
    names = np.array([str(day)[5:] for day in days])
    entries = []
    for name in sorted({str(day)[5:] for day in rest}):
        same = names == name
        if same.sum() > 1 and not has_row[same].any():
            entries.append(name)
    return tuple(entries)
