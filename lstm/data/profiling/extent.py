"""Extent of a whole table: its grid, its series, the share of absent steps, and its end."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

import numpy as np

from lstm.config import Calendar
from lstm.data.frequency.grid import Frequency
from lstm.data.ingest.identity import identify_rows, ordinals_of
from lstm.data.ingest.panel_settings import PanelSettings
from lstm.data.ingest.run_clock import read_clock
from lstm.data.panel.closed import closed_steps
from lstm.data.profiling.closed_days import GuessedClosing, guess_closing
from lstm.data.rows.numbers import numbers
from lstm.data.rows.source_rows import SourceRows
from lstm.errors import DataError

LONGEST_HORIZON = 336
# Backtest and validation take at most a fifth of the history each, and training wants more than one window.
HORIZONS_NEEDED = 6


@dataclass(frozen=True)
class Extent:
    """Size, age and gaps of a table of S series. named_by_end: a stamp is the end of its step.

    steps: of the median series, from its first to its last row. absent: share of steps without a row. newest: ordinal
    of the newest observed target. behind: steps from there to the cutoff. lowest: of the targets. closing: when nothing
    is ever counted; such steps are not absent.
    """

    grid: Frequency
    series: int
    steps: int
    absent: float
    newest: int
    behind: int
    lowest: float
    integer_targets: bool
    named_by_end: bool = False
    closing: GuessedClosing = field(default_factory=GuessedClosing)


def measure(rows: SourceRows, settings: PanelSettings, now: datetime) -> Extent:
    """The extent of a table by all its rows up to now. Raises DataError for what a run would refuse too."""
    source = settings.source
    identity = identify_rows(rows, source.roles, settings, now, time_format=source.time_format)
    if not identity.included.any():
        raise DataError(identity.why_nothing(now))
    clock = read_clock(rows.table, settings, now, identity)
    ordinals = ordinals_of(clock.grid, identity.times.values, source)[0]
    place = np.append(ordinals, 0)[identity.times.code]
    values = np.stack([numbers(rows.table[name]) for name in source.targets])
    observed = identity.included & (place <= clock.cutoff) & np.isfinite(values).any(axis=0)
    if not observed.any():
        raise DataError(f"no row up to now has a value of {', '.join(source.targets)}; name another --target")
    first, last, held = _spans(identity.keys.code[observed], place[observed], len(identity.keys.names))
    lengths = (last - first + 1)[held > 0]
    ordinals = np.arange(int(place[observed].min()), int(place[observed].max()) + 1)
    newest = int(ordinals[-1])
    closing = guess_closing(clock.grid, (ordinals, np.isin(ordinals, place[observed])), settings.time_zone)
    opened = np.append(0, np.cumsum(~_closed(closing, clock.grid, ordinals, settings.time_zone)))
    expected = (opened[last - ordinals[0] + 1] - opened[first - ordinals[0]])[held > 0]
    finite = values[:, observed][np.isfinite(values[:, observed])]
    return Extent(
        grid=clock.grid,
        series=len(lengths),
        steps=int(np.median(lengths)),
        absent=float(1 - held.sum() / expected.sum()),
        newest=newest,
        behind=clock.cutoff - newest,
        lowest=float(finite.min()),
        integer_targets=bool((finite == np.floor(finite)).all()),
        named_by_end=source.time_label == "end" and not clock.grid.is_date,
        closing=closing,
    )


def _closed(closing: GuessedClosing, grid: Frequency, ordinals: np.ndarray, time_zone: str) -> np.ndarray:
    return closed_steps(Calendar(closed=closing.entries, holidays=closing.region), grid, ordinals, time_zone)


def _spans(series: np.ndarray, place: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(first ordinal, last ordinal, number of different ordinals), each int64 (S)."""
    first, last = np.full(count, np.iinfo(np.int64).max), np.full(count, np.iinfo(np.int64).min)
    np.minimum.at(first, series, place)
    np.maximum.at(last, series, place)
    # Different ordinals of each series: a pair of series and ordinal is one number, and different numbers are counted.
    low = int(place.min())
    span = int(place.max()) - low + 1
    held = np.bincount(np.unique(series.astype(np.int64) * span + (place - low)) // span, minlength=count)
    return first, last, held


def horizon_for(extent: Extent) -> tuple[int, str]:
    """(steps, why): one or two seasons, and not more than the history can train and judge."""
    usual, why = _usual_horizon(extent.grid)
    limit = max(extent.steps // HORIZONS_NEEDED, 1)
    if limit >= usual:
        return usual, f"steps ahead; {why}"
    season = extent.grid.default_seasons()[0]
    if 1 < season <= limit:
        return season, f"steps ahead; one season of {season}"
    return limit, f"steps ahead; a sixth of the {extent.steps:,} steps of the median series"


def _usual_horizon(grid: Frequency) -> tuple[int, str]:
    season = next((length for length in grid.default_seasons() if length > 1), 1)
    if season == 1:
        return 10, "there is no season to go by"
    if season > LONGEST_HORIZON:
        return LONGEST_HORIZON, f"less than a season of {season:,}"
    if season == 52:
        return 13, "a quarter of a year"
    if season <= 7 and grid.kind != "months":
        return 2 * season, f"two seasons of {season}"
    return season, f"one season of {season}"


def end_of(extent: Extent) -> str | None:
    """The earliest `--as-of` at which the newest observation counts; None for integer steps."""
    grid = extent.grid
    if grid.kind == "integer":
        return None
    over_at = extent.newest + (0 if grid.month_end or extent.named_by_end else 1)
    moment: date | datetime = grid.times(np.array([over_at]))[0].as_py()
    if isinstance(moment, datetime):
        return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
    return str(moment + timedelta(days=1) if grid.month_end else moment)
