"""Conformal calibration: offsets that make each interval cover, on validation, what it promises.

Romano, Patterson and Candès (2019), "Conformalized quantile regression", arXiv:1905.03222. Each pair of levels that lie
evenly around the median is widened, or narrowed, by one number; a level without a partner is moved by itself.
"""

from collections.abc import Sequence

import numpy as np


def conformal_offsets(residual: np.ndarray, levels: Sequence[float]) -> np.ndarray:
    """(Q): what to add to each quantile so that it holds on the given windows; 0 for the median.

    residual: (N, H, Q, C), observed value less quantile, in units of the window's scale, NaN where not observed.
    """
    offsets = np.zeros(len(levels))
    for q, level in enumerate(levels):
        partner = _partner(level, levels)
        if level == 0.5 or (partner is not None and partner < q):
            continue
        if partner is None:
            offsets[q] = _quantile(residual[:, :, q], level)
        else:
            outside = np.maximum(-residual[:, :, q], residual[:, :, partner])
            width = _quantile(outside, levels[partner] - level)
            offsets[q], offsets[partner] = -width, width
    return offsets


def matching_offsets(
    offsets: np.ndarray, evaluated: np.ndarray, served: np.ndarray, levels: Sequence[float]
) -> np.ndarray:
    """(H, Q, C): offsets that give the served weights, step by step, bands as wide as calibration gave the evaluated.

    Refitted weights have read the answers on validation, so their errors there say nothing, and their bands come out
    narrower than they should. offsets: (H, Q, C), of the evaluated weights. evaluated, served: (N, H, Q, C), quantiles
    of the same windows in units of their scale.
    """
    median = list(levels).index(0.5)
    spread = evaluated - evaluated[:, :, [median]] - (served - served[:, :, [median]])
    return np.asarray(offsets + spread.mean(axis=0))


def step_offsets(residual: np.ndarray, levels: Sequence[float]) -> np.ndarray:
    """(H, Q, C): quantiles of the errors of a point forecast, step by step; 0 where nothing was observed.

    residual: (N, H, C), observed value less forecast, NaN where not observed.
    """
    observed = ~np.isnan(residual).all(axis=0)
    safe = np.where(observed, residual, 0.0)
    quantiles = np.nanquantile(safe, np.asarray(levels), axis=0)  # (Q, H, C)
    return np.moveaxis(np.where(observed, quantiles, 0.0), 0, 1)


def in_order(quantiles: np.ndarray, levels: Sequence[float]) -> np.ndarray:
    """The quantiles (N, H, Q, C), made to rise away from the median, which stays where it is."""
    median = list(levels).index(0.5)
    lower, upper = quantiles[:, :, : median + 1], quantiles[:, :, median:]
    falling = np.minimum.accumulate(lower[:, :, ::-1], axis=2)[:, :, ::-1]
    rising = np.maximum.accumulate(upper, axis=2)
    return np.concatenate([falling[:, :, :-1], rising], axis=2)


def crossed(quantiles: np.ndarray) -> int:
    """At how many of the N x H x C forecast steps a quantile (N, H, Q, C) lies below one of a lower level."""
    return int((np.diff(quantiles, axis=2) < 0.0).any(axis=2).sum())


def _partner(level: float, levels: Sequence[float]) -> int | None:
    """Index of the level that lies as far on the other side of the median."""
    return next((index for index, mirror in enumerate(levels) if abs(level + mirror - 1.0) < 1e-9), None)


def _quantile(values: np.ndarray, level: float) -> float:
    known = values[~np.isnan(values)]
    return float(np.quantile(known, level)) if len(known) else 0.0
