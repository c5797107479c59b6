"""How far a coverage may be the luck of the points and the origins that were scored."""

import math

import numpy as np

from lstm.evaluation.backtest.resampling import SEED, Interval, block_draws, central_interval
from lstm.evaluation.backtest.scored import Scored

CONFIDENCE = 0.95
NORMAL = 1.959963984540054  # the normal quantile at 0.975
DRAWS = 500
FEWEST_BLOCKS = 2
MOST_SERIES = 2_000  # of more, which series are scored is no matter of luck


def coverage_interval(
    scored: Scored, interval: tuple[float, float], overlap: int, segment: np.ndarray | None = None
) -> Interval | None:
    """The 95 % interval of the coverage of a band; None where nothing was scored.

    The wider of two: that of a share of so many points (Wilson 1927, https://doi.org/10.1080/01621459.1927.10502953),
    and that of origins, in blocks as long as a horizon spans, and series drawn anew: points of one origin share their
    luck. interval: levels of the band. overlap: origins that a horizon spans. segment: bool (S, C), else everything.
    """
    chosen = np.ones(scored.scale.shape, bool) if segment is None else segment
    inside = np.where(chosen, scored.covered[scored.intervals.index(interval)], 0.0).sum(axis=2)  # (O, S)
    points = np.where(chosen, scored.points, 0.0).sum(axis=2)
    if not points.any():
        return None
    by_points = _wilson(float(inside.sum()), float(points.sum()))
    by_origins = _by_blocks(inside, points, max(overlap, 1))
    if by_origins is None:
        return by_points
    return Interval(min(by_points.low, by_origins.low), max(by_points.high, by_origins.high))


def _wilson(inside: float, points: float) -> Interval:
    share = inside / points
    middle = (share + NORMAL**2 / (2 * points)) / (1 + NORMAL**2 / points)
    reach = NORMAL * math.sqrt(share * (1 - share) / points + (NORMAL / (2 * points)) ** 2) / (1 + NORMAL**2 / points)
    return Interval(max(middle - reach, 0.0), min(middle + reach, 1.0))


def _by_blocks(inside: np.ndarray, points: np.ndarray, overlap: int) -> Interval | None:
    """inside, points: (O, S)."""
    series, origins = points.any(axis=0), points.any(axis=1)
    inside, points = (part[np.ix_(origins, series)] for part in (inside, points))
    if len(points) // overlap < FEWEST_BLOCKS:
        return None
    rng = np.random.default_rng(SEED)
    draws = block_draws(rng, DRAWS, len(points), min(overlap, len(points)))
    count = points.shape[1]
    if count == 1 or count > MOST_SERIES:
        inside, points = (part.sum(axis=1)[draws].sum(axis=1) for part in (inside, points))
    else:
        which = rng.integers(count, size=(DRAWS, count))
        inside, points = (
            np.array([part[row][:, column].sum() for row, column in zip(draws, which, strict=True)])
            for part in (inside, points)
        )
    shares = np.divide(inside, points, out=np.full(DRAWS, np.nan), where=points > 0)
    return central_interval(shares, CONFIDENCE)
