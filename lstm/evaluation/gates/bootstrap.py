"""Whether one contestant is better than another beyond chance: a paired bootstrap over origins and series.

Both axes are drawn anew, as in the pigeonhole bootstrap (Owen 2007, https://doi.org/10.1214/07-AOAS122): series with
replacement, and origins in circular blocks. It is paired: both contestants are scored on the same draws. Both axes
together err on the side of a wider interval, which costs a promotion now and then and never grants one.
"""

import numpy as np

from lstm.evaluation.backtest.resampling import DRAWS, SEED, Interval, block_draws, central_interval
from lstm.evaluation.backtest.scored import Scored, combined

# One block of origins says nothing of chance over time, and fewer units than these give no interval worth the name.
FEWEST_BLOCKS = 2
FEWEST_UNITS = 5
# The interval of a hundred thousand series is a fraction of a percent wide; of more, an even spread is drawn from.
MOST_SERIES = 100_000
BLOCK_VALUES = 4_000_000


def improvement(error: float, reference: float) -> float:
    """1 - error / reference, of an error metric; NaN where the reference is zero or either is undefined."""
    return 1.0 - error / reference if reference != 0.0 else float("nan")


def improvement_interval(
    challenger: Scored,
    rival: Scored,
    metric: str,
    *,
    confidence: float,
    overlap: int,
    segment: np.ndarray | None = None,
) -> Interval | None:
    """The interval of the challenger's improvement on a rival; None where there is too little to draw from.

    0.02 is 2 % better, below zero is worse. overlap: origins that a horizon spans, the length of a block. segment: bool
    (S, C), everything when left out.
    """
    counted = challenger.points.sum(axis=0) > 0
    if segment is not None:
        counted = counted & segment
    series = np.flatnonzero(counted.any(axis=1))
    series = series[:: -(-len(series) // MOST_SERIES) or 1]
    origins = np.flatnonzero(challenger.points[:, counted].any(axis=1)) if len(series) else np.zeros(0, int)
    blocks = len(origins) // max(overlap, 1)
    if blocks < FEWEST_BLOCKS or max(blocks, len(series)) < FEWEST_UNITS:
        return None
    places = np.ix_(origins, series)
    parts = [part[places] for scored in (challenger, rival) for part in scored.parts(metric)]
    improvements = _drawn_improvements(metric, parts, challenger.scale[series], counted[series], overlap)
    return central_interval(improvements, confidence)


def _drawn_improvements(
    metric: str, parts: list[np.ndarray], scale: np.ndarray, counted: np.ndarray, overlap: int
) -> np.ndarray:
    """(DRAWS): the improvement in every draw.

    parts: (O, S, C) each, the challenger's numerators and denominators, then the rival's. scale: (S, C). counted: bool
    (S, C), what the segment holds.
    """
    rng = np.random.default_rng(SEED)
    origins, series = parts[0].shape[:2]
    length = min(max(overlap, 1), origins)
    at_once = max(1, BLOCK_VALUES // counted.size)
    improvements = []
    # A draw says how often each origin and each series counts. Sums over origins come first, for both contestants and
    # many draws by one matrix product; series count by weight, so that a mean over series can leave out undefined ones.
    for begin in range(0, DRAWS, at_once):
        draws = min(at_once, DRAWS - begin)
        repeats = _counts(block_draws(rng, draws, origins, length), origins)
        weights = _counts(rng.integers(series, size=(draws, series)), series)[:, :, None] * counted
        above, below, rival_above, rival_below = (np.tensordot(repeats, part, axes=(1, 0)) for part in parts)
        errors = combined(metric, above, below, weights, scale)
        references = combined(metric, rival_above, rival_below, weights, scale)
        ratios = np.divide(errors, references, out=np.full(draws, np.nan), where=references != 0.0)
        improvements.append(1.0 - ratios)
    return np.concatenate(improvements)


def _counts(drawn: np.ndarray, size: int) -> np.ndarray:
    """float64 (draws, size): how often each index below `size` is in a row."""
    rows = np.arange(len(drawn))[:, None] * size
    return np.bincount((rows + drawn).ravel(), minlength=len(drawn) * size).reshape(len(drawn), size).astype(np.float64)
