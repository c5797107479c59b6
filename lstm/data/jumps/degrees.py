"""Whether a table of temperatures has gone over from degrees Celsius to Fahrenheit overnight, or back.

Temperatures may be negative and move by ten degrees in a week, so that neither their ratio nor their distance from an
older level tells. But what they would be in the old unit does: it goes on from the day before as days do, while what
the table says does not. All series change together, so the median over series is judged, whose own days vary least.
"""

import numpy as np

from lstm.data.panel.panel import Panel

PAST_DAYS = 400
FEWEST_DAYS = 30
RECENT_DAYS = 7  # for which a change is news
MOST_STEPS = 20_000
MOST_SERIES = 200  # of which the median is taken, evenly spread
USUAL = 0.995  # quantile of the past's changes from day to day
FARTHER = 1.1  # times the usual change, at least, and so far as no weather goes in a day (`CONVERSIONS`)
FAR = 2.0  # or so many times the usual change
NEARER = 3.0  # times, at least, that the old unit lies nearer to the day before

# Old unit, new one, factor, offset; in the old unit how cold and how hot it is where people live, and how far a day is
# from the one before at most.
CONVERSIONS = (
    ("Celsius", "Fahrenheit", 1.8, 32.0, (-70.0, 70.0, 20.0)),
    ("Fahrenheit", "Celsius", 1.0 / 1.8, -32.0 / 1.8, (-94.0, 158.0, 36.0)),
)


def changed_degrees(panel: Panel, column: np.ndarray, *, day: int, newest: int) -> str:
    """`degrees Celsius … Fahrenheit` in words, empty where nothing of the kind has happened in the last days.

    column: values (T). day: in steps, 1 where steps are longer. newest: ordinal of the table's end.
    """
    recent = RECENT_DAYS * day
    steps = min(PAST_DAYS * day, MOST_STEPS, newest - int(panel.start.min()) + 1)
    if steps - day - recent < FEWEST_DAYS * day:
        return ""
    series = np.unique(np.linspace(0, panel.series - 1, min(panel.series, MOST_SERIES)).astype(np.int64))
    ordinals = newest - np.arange(steps)[::-1]
    rows = panel.row_of(series[:, None], ordinals[None])
    inside = (rows >= panel.indptr[series][:, None]) & (rows < panel.indptr[series + 1][:, None])
    values = np.where(inside, column[np.where(inside, rows, 0)].astype(np.float64), np.nan)
    before, after = values[:, :-day], values[:, day:]
    change = _daily_median(_pooled(after - before), day)
    earlier = np.abs(change[:-recent])
    if np.isfinite(earlier).sum() < FEWEST_DAYS or not np.isfinite(change[-recent:]).any():
        return ""
    usual = np.nanquantile(earlier, USUAL)
    size = np.abs(change[-recent:])
    past = _pooled(values[:, :-recent])
    for old, new, factor, offset, (coldest, hottest, most) in CONVERSIONS:
        if np.nanmin(past) < coldest or np.nanmax(past) > hottest:
            continue
        converted = _daily_median(np.abs(_pooled((after - offset) / factor - before)), day)[-recent:]
        is_far = size > np.minimum(np.maximum(FARTHER * usual, most), FAR * usual)
        if (is_far & (converted <= usual) & (NEARER * converted < size)).any():
            return f"degrees {old} that have become {new}"
    return ""


def _pooled(moves: np.ndarray) -> np.ndarray:
    """(T): median over series of moves (S, T), of those that are known; NaN where none is."""
    ordered = np.sort(moves, axis=0)  # NaN comes last
    count = (~np.isnan(ordered)).sum(axis=0)
    steps = np.arange(moves.shape[1])
    low, high = (
        ordered[np.minimum(place, len(moves) - 1), steps] for place in (np.maximum(count - 1, 0) // 2, count // 2)
    )
    return np.asarray(np.where(count > 0, (low + high) / 2.0, np.nan))


def _daily_median(moves: np.ndarray, day: int) -> np.ndarray:
    """(T - day + 1): median over the steps of each day, NaN where less than half of it is known. moves: (T)."""
    windows = np.sort(np.lib.stride_tricks.sliding_window_view(moves, day), axis=1)
    known = (~np.isnan(windows)).sum(axis=1)
    middle = np.take_along_axis(windows, np.maximum(known - 1, 0)[:, None] // 2, axis=1)[:, 0]
    return np.asarray(np.where(2 * known >= day, middle, np.nan))
