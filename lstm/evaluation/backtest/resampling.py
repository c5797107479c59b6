"""The circular block bootstrap: how far a mean over origins may be the luck of these origins.

Origins are drawn in blocks of neighbours as long as a horizon, since horizons that overlap share their actuals: Politis
and Romano (1992), A circular block-resampling procedure for stationary data.
"""

from typing import NamedTuple

import numpy as np

DRAWS = 2_000
SEED = 1


class Interval(NamedTuple):
    """The lower and the upper end of an interval of shares: 0.02 is 2 %."""

    low: float
    high: float


def block_draws(rng: np.random.Generator, draws: int, origins: int, length: int) -> np.ndarray:
    """int (draws, origins): the origins of each draw, in blocks of `length` neighbours that wrap around."""
    # Each block begins anywhere; as many blocks as cover all origins are laid end to end, and the last one is cut.
    begins = rng.integers(origins, size=(draws, -(-origins // length), 1))
    return np.asarray(((begins + np.arange(length)) % origins).reshape(draws, -1)[:, :origins])


def central_interval(draws: np.ndarray, confidence: float) -> Interval | None:
    """The interval that holds the middle `confidence` of the draws; None where half of them are undefined."""
    defined = draws[np.isfinite(draws)]
    if len(defined) < len(draws) / 2:
        return None
    tail = (1.0 - confidence) / 2.0
    low, high = np.quantile(defined, [tail, 1.0 - tail])
    return Interval(float(low), float(high))
