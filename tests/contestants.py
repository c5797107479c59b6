"""Contestants made by hand: what `lstm.evaluation.backtest.scored` adds up, from errors that are given."""

import numpy as np

from lstm.evaluation.backtest.metrics import STEP_SUMS
from lstm.evaluation.backtest.scored import Scored


def contestant(errors, *, points=10.0, scale=1.0, signed=0.0, covered=0.8):
    """One contestant from its mean absolute errors in units of `scale`: (O, S, C), (S, C) at one origin, or a number.

    NaN where nothing was scored. signed: mean signed error in the same unit. covered: share inside the 80 % interval.
    """
    errors = np.asarray(errors, np.float64)
    errors = errors.reshape((1,) * (3 - errors.ndim) + errors.shape)
    scored = np.isfinite(errors)
    count = np.where(scored, float(points), 0.0)
    total = np.where(scored, errors, 0.0) * count * scale
    sums = dict.fromkeys(STEP_SUMS, total) | {
        "points": count,
        "size": count,
        "signed": signed * count * scale,
        "squared": np.where(scored, errors, 0.0) ** 2 * count * scale**2,
    }
    covered = covered * count[None]
    return Scored(sums, covered, np.full(errors.shape[1:], float(scale)), ((0.1, 0.9),))
