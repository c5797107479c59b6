"""Whether one contestant is better than another beyond chance: a paired bootstrap over origins and series.

Both axes are drawn anew, as in the pigeonhole bootstrap (Owen 2007, https://doi.org/10.1214/07-AOAS122): series with
replacement, and origins in circular blocks (Politis and Romano 1992), since horizons that overlap share their truth. It
is paired: both contestants are scored on the same draws. Both axes together err on the side of a wider interval, which
costs a promotion now and then and never grants one.
"""

from dataclasses import dataclass

import numpy as np

from lstm.evaluation.backtest.scored import Scored, combined

DRAWS = 2_000
SEED = 1
# One block of origins says nothing of chance over time, and fewer units than these give no interval worth the name.
FEWEST_BLOCKS = 2
FEWEST_UNITS = 5
BLOCK_VALUES = 4_000_000


@dataclass(frozen=True)
class Interval:
    """Ends of the interval of the improvement, a share: 0.02 is 2 % better, below zero is worse."""

    low: float
    high: float


def improvement(mine: float, theirs: float) -> float:
    """1 - mine / theirs, of an error metric; NaN where theirs is zero or either is undefined."""
    return 1.0 - mine / theirs if theirs != 0.0 else float("nan")


def improvement_interval(
    mine: Scored,
    theirs: Scored,
    metric: str,
    *,
    confidence: float,
    overlap: int,
    segment: np.ndarray | None = None,
) -> Interval | None:
    """The interval of `mine`'s improvement on `theirs`; None where there is too little to draw from.

    overlap: origins that a horizon spans, the length of a block. segment: bool (S, C), everything when left out.
    """
    counted = mine.points.sum(axis=0) > 0
    if segment is not None:
        counted = counted & segment
    series = np.flatnonzero(counted.any(axis=1))
    origins = np.flatnonzero(mine.points[:, counted].any(axis=1)) if len(series) else np.zeros(0, int)
    blocks = len(origins) // max(overlap, 1)
    if blocks < FEWEST_BLOCKS or max(blocks, len(series)) < FEWEST_UNITS:
        return None
    changes = _drawn_improvements(mine, theirs, metric, origins, series, counted[series], overlap)
    defined = changes[np.isfinite(changes)]
    if len(defined) < DRAWS / 2:
        return None
    tail = (1.0 - confidence) / 2.0
    low, high = np.quantile(defined, [tail, 1.0 - tail])
    return Interval(float(low), float(high))


def _drawn_improvements(
    mine: Scored,
    theirs: Scored,
    metric: str,
    origins: np.ndarray,
    series: np.ndarray,
    counted: np.ndarray,
    overlap: int,
) -> np.ndarray:
    """(DRAWS): the improvement in every draw. counted: bool (series, C)."""
    rng = np.random.default_rng(SEED)
    parts = [part[np.ix_(origins, series)] for scored in (mine, theirs) for part in scored.parts(metric)]
    scale = mine.scale[series]
    step = max(1, BLOCK_VALUES // counted.size)
    changes = []
    for begin in range(0, DRAWS, step):
        draws = min(step, DRAWS - begin)
        often = _block_counts(rng, draws, len(origins), overlap)
        weights = _counts(rng.integers(len(series), size=(draws, len(series))), len(series))[:, :, None] * counted
        above, below, other_above, other_below = (np.tensordot(often, part, axes=(1, 0)) for part in parts)
        own = combined(metric, above, below, weights, scale)
        other = combined(metric, other_above, other_below, weights, scale)
        changes.append(1.0 - np.divide(own, other, out=np.full(draws, np.nan), where=other != 0.0))
    return np.concatenate(changes)


def _block_counts(rng: np.random.Generator, draws: int, origins: int, length: int) -> np.ndarray:
    """float64 (draws, origins): how often each origin is drawn, in blocks of neighbours that wrap around."""
    length = min(max(length, 1), origins)
    blocks = -(-origins // length)
    begins = rng.integers(origins, size=(draws, blocks, 1))
    drawn = ((begins + np.arange(length)) % origins).reshape(draws, -1)[:, :origins]
    return _counts(drawn, origins)


def _counts(drawn: np.ndarray, size: int) -> np.ndarray:
    """float64 (draws, size): how often each index below `size` is in a row."""
    rows = np.arange(len(drawn))[:, None] * size
    return np.bincount((rows + drawn).ravel(), minlength=len(drawn) * size).reshape(len(drawn), size).astype(np.float64)
