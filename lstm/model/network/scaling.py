"""Level and scale of every possible window, and the standardisation of covariates.

A window's level and scale come from what lies at or before its cutoff, so nothing later can leak through them and
nothing has to be kept for a series: the same window of another night has the same scale.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np
from torch import Tensor

from lstm.data.panel.blocks import blocks, series_blocks

Normalisation = Literal["mean_std", "last_value", "series"]

STD_FLOOR = 0.05
LEVEL_FLOOR = 1e-4
PRIOR = 1.0
COVARIATE_BOUND = 10.0


def window_scales(
    values: np.ndarray, indptr: np.ndarray, look_back: int, normalisation: Normalisation
) -> tuple[np.ndarray, np.ndarray]:
    """(level, scale) of the window that ends at each row, both (T, C) in the dtype of the values.

    values: (T, C) of consecutive series, NaN where not observed. `mean_std`: mean and standard deviation of the
    observed steps of the look-back; the variance of the series so far counts as `PRIOR` more steps, so that a window of
    one or two steps, or one in which nothing moved, is not blown up. `last_value`: the newest observation, and the
    standard deviation of the series so far. `series`: mean and standard deviation of the series so far.

    A scale is at least `STD_FLOOR` of the series' standard deviation so far and `LEVEL_FLOOR` of its mean, and 1 for a
    series that has been zero throughout. Where nothing was observed yet the level is 0.
    """
    level, scale = np.empty_like(values), np.empty_like(values)
    for rows, starts in _blocks(indptr):
        level[rows], scale[rows] = _block_scales(values[rows].astype(np.float64), starts, look_back, normalisation)
    return level, scale


def never_moved(level: Tensor, scale: Tensor) -> Tensor:
    """bool: windows of a series that had not moved by their cutoff, or not been observed: their scale says nothing.

    level, scale: of `window_scales`, any shape, rounded to float32 at the worst. What has only moved by less than
    `LEVEL_FLOOR` of its level may count as still, too.
    """
    floor = LEVEL_FLOOR * level.abs()
    return (scale <= floor * (1.0 + 1e-6)) | ((level == 0.0) & (scale == 1.0))


def _blocks(indptr: np.ndarray) -> Iterator[tuple[slice, np.ndarray]]:
    """(rows of some series, where each of these rows' series begins within them)."""
    for first, after in series_blocks(indptr):
        begin = int(indptr[first])
        starts = np.repeat(indptr[first:after] - begin, np.diff(indptr[first : after + 1]))
        yield slice(begin, int(indptr[after])), starts


@np.errstate(over="ignore", invalid="ignore")  # what is not finite is refused by the ridge regression, in words
def _block_scales(
    values: np.ndarray, starts: np.ndarray, look_back: int, normalisation: Normalisation
) -> tuple[np.ndarray, np.ndarray]:
    """(level, scale), float64 (T, C), of a block of series; see `window_scales`. starts: (T), first row of the series.

    Count, sum and sum of squares of every window are differences of running sums, so that the cost does not depend on
    the look-back. From the same sums comes the variance of the series so far, which is the floor under each window's.
    """
    seen = ~np.isnan(values)
    # Steps from the first value keep their digits however large the values are.
    base = _first_observed(values, seen, starts)
    steps = np.where(seen, values - base, 0.0)
    sums = _running([seen.astype(np.float64), steps, steps**2], starts)
    count, mean, variance = _moments(sums)
    spread = np.sqrt(variance)
    if normalisation == "mean_std":
        before = np.arange(len(values)) - look_back
        inside, window_mean, window_variance = _moments(
            sums - np.where((before >= starts)[:, None], sums[np.maximum(before, 0)], 0.0)
        )
        centre = np.where(inside > 0, window_mean, _carried(steps, seen, starts))
        width = np.sqrt((window_variance * inside + PRIOR * variance) / (inside + PRIOR))
    else:
        centre = mean if normalisation == "series" else _carried(steps, seen, starts)
        width = spread
    known = count > 0
    level = np.where(known, centre + base, 0.0)
    floor = np.maximum(STD_FLOOR * spread, LEVEL_FLOOR * np.abs(mean + base))
    scale = np.where(known, np.maximum(width, floor), 1.0)
    return level, np.where(scale > 0, scale, 1.0)


def _running(parts: list[np.ndarray], starts: np.ndarray) -> np.ndarray:
    """(T, parts x C): the parts side by side, summed over the rows of each row's series up to it.

    A series at a time: a sum that went on from the series before would carry its rounding, and a small series beside a
    large one would lose its digits.
    """
    sums = np.concatenate(parts, axis=1)
    for begin, end in pairwise([*np.unique(starts).tolist(), len(sums)]):
        np.cumsum(sums[begin:end], axis=0, out=sums[begin:end])
    return sums


def _moments(sums: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(count, mean, variance), 0 where there is nothing. sums: (T, 3 C), of counts, values and squares."""
    count, total, squares = np.split(sums, 3, axis=1)
    divisor = np.maximum(count, 1.0)
    mean = total / divisor
    return count, mean, np.maximum(squares / divisor - mean**2, 0.0)


def _first_observed(values: np.ndarray, seen: np.ndarray, starts: np.ndarray) -> np.ndarray:
    """(T, C): the first observed value of each row's series; 0 where there is none."""
    firsts = np.unique(starts)
    rows = np.where(seen, np.arange(len(values))[:, None], len(values))
    nearest = np.minimum.reduceat(rows, firsts, axis=0)
    observed = np.take_along_axis(values, np.minimum(nearest, len(values) - 1), axis=0)
    lengths = np.diff(np.append(firsts, len(values)))
    return np.repeat(np.where(nearest < len(values), np.nan_to_num(observed), 0.0), lengths, axis=0)


def _carried(steps: np.ndarray, seen: np.ndarray, starts: np.ndarray) -> np.ndarray:
    """(T, C): the newest observed value at or before each row of its series; 0 where there is none."""
    latest = np.maximum.accumulate(np.where(seen, np.arange(len(steps))[:, None], -1), axis=0)
    known = latest >= starts[:, None]
    return np.where(known, np.take_along_axis(steps, np.maximum(latest, 0), axis=0), 0.0)


@dataclass(frozen=True)
class Standardiser:
    """Covariates as (x - mean) / std by channel, bounded, missing values as 0. mean, std: one number a channel."""

    mean: tuple[float, ...]
    std: tuple[float, ...]

    @classmethod
    def fit(cls, values: np.ndarray, rows: np.ndarray | slice = slice(None)) -> "Standardiser":
        """Mean and std of the values (T, channels), NaN where missing. A constant or empty channel gets std 1.

        rows: those that count, all when left out. Values whose squares or sum are beyond float64 are divided by the
        largest of them instead.
        """
        if not values.shape[1]:
            return cls((), ())
        means, stds = zip(*(_moments_of(column[rows]) for column in values.T), strict=True)
        return cls(means, stds)

    def apply(self, values: np.ndarray, padding: int = 0) -> np.ndarray:
        """float32 of the same shape, bounded by `COVARIATE_BOUND`, behind so many rows of zeros."""
        scaled = np.zeros((padding + len(values), values.shape[1]), np.float32)
        for rows in blocks(len(values)):
            for column, (mean, std) in enumerate(zip(self.mean, self.std, strict=True)):
                units = (values[rows, column] - np.float64(mean)) / np.float64(std)
                units = np.nan_to_num(np.clip(units, -COVARIATE_BOUND, COVARIATE_BOUND), nan=0.0)
                scaled[padding + rows.start : padding + rows.stop, column] = units
        return scaled


@np.errstate(over="ignore", invalid="ignore")
def _moments_of(column: np.ndarray) -> tuple[float, float]:
    """(mean, std) of the finite values of one channel."""
    clean = column[np.isfinite(column)].astype(np.float64)
    if not len(clean):
        return 0.0, 1.0
    mean = float(clean.mean())
    mean = mean if np.isfinite(mean) else 0.0
    std = float(np.sqrt(((clean - mean) ** 2).mean()))
    std = std if np.isfinite(std) else float(np.abs(clean).max())
    return mean, std if std > 1e-6 * max(abs(mean), 1e-12) else 1.0
