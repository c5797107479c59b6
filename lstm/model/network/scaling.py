"""Level and scale of every possible window, and the standardisation of covariates.

A window's level and scale come from what lies at or before its cutoff, so nothing later can leak through them and
nothing has to be kept for a series: the same window of another night has the same scale.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal, TypeVar

import numpy as np
from torch import Tensor

from lstm.data.panel.blocks import blocks, series_blocks

Normalisation = Literal["mean_std", "last_value", "series"]
Scales = tuple[np.ndarray, np.ndarray]  # level and scale

STD_FLOOR = 0.05
LEVEL_FLOOR = 1e-4
PRIOR = 1.0
COVARIATE_BOUND = 10.0


def window_scales(values: np.ndarray, indptr: np.ndarray, look_back: int, normalisation: Normalisation) -> Scales:
    """(level, scale) of the window that ends at each row, both (T, C) in the dtype of the values.

    values: (T, C) of consecutive series, NaN where not observed. `mean_std`: mean and standard deviation of the
    observed steps of the look-back; the variance of the series so far counts as `PRIOR` more steps, so that a window of
    one or two steps, or one in which nothing moved, is not blown up. `last_value`: the newest observation, and the
    standard deviation of the series so far. `series`: mean and standard deviation of the series so far.

    A scale is at least `STD_FLOOR` of the series' standard deviation so far and `LEVEL_FLOOR` of its mean, and 1 for a
    series that has been zero throughout. Where nothing was observed yet the level is 0.
    """
    return scales_of_members(values, indptr, [(look_back, normalisation)], np.arange(len(values)))[0]


def scales_of_members(
    values: np.ndarray, indptr: np.ndarray, members: Sequence[tuple[int, Normalisation]], rows: np.ndarray
) -> list[Scales]:
    """`window_scales` for the (look-back, normalisation) of several members, who share most of the work.

    rows: those that are asked for, rising; what stands in the others says nothing.
    """
    scales = [(np.empty_like(values), np.empty_like(values)) for _ in members]
    for first, after in series_blocks(indptr):
        begin, end = int(indptr[first]), int(indptr[after])
        inside = rows[np.searchsorted(rows, begin) : np.searchsorted(rows, end)]
        history = _History.of(values[begin:end].astype(np.float64), indptr[first : after + 1] - begin, inside - begin)
        for (level, scale), (look_back, normalisation) in zip(scales, members, strict=True):
            level[inside], scale[inside] = history.scales(look_back, normalisation)
    return scales


def never_moved(level: Tensor, scale: Tensor) -> Tensor:
    """bool: windows of a series that had not moved by their cutoff, or not been observed: their scale says nothing.

    level, scale: of `window_scales`, any shape, rounded to float32 at the worst. What has only moved by less than
    `LEVEL_FLOOR` of its level may count as still, too.
    """
    floor = LEVEL_FLOOR * level.abs()
    return (scale <= floor * (1.0 + 1e-6)) | ((level == 0.0) & (scale == 1.0))


@dataclass(frozen=True)
class _History:
    """R rows of a block of series, and what was observed up to each.

    Count, sum and sum of squares of every window are differences of running sums, so that the cost does not depend on
    the look-back. From the same sums comes the variance of the series so far, which is the floor under each window's.
    rows, starts: (R), each row and the first one of its series. base: (R, C), the first value of its series. carried:
    (R, C), the newest value at or before it, less the base. sums: (T, 3 C), see `_moments`.
    """

    rows: np.ndarray
    starts: np.ndarray
    base: np.ndarray
    carried: np.ndarray
    sums: np.ndarray

    @classmethod
    @np.errstate(over="ignore", invalid="ignore")  # what is not finite is refused by the ridge regression, in words
    def of(cls, values: np.ndarray, indptr: np.ndarray, rows: np.ndarray) -> "_History":
        """The history of rows (R) of values (T, C), which are changed."""
        seen = ~np.isnan(values)
        # Steps from the first value keep their digits however large the values are.
        base = _first_observed(values, seen, indptr)
        values -= np.repeat(base, np.diff(indptr), axis=0)
        values[~seen] = 0.0
        series = np.searchsorted(indptr, rows, side="right") - 1
        starts = indptr[series]
        carried = _carried(values, seen, starts, rows)
        return cls(rows, starts, base[series], carried, _running(seen, values, indptr))

    @np.errstate(over="ignore", invalid="ignore")
    def scales(self, look_back: int, normalisation: Normalisation) -> Scales:
        """(level, scale), float64 (R, C); see `window_scales`."""
        count, mean, variance = _moments(self.sums[self.rows])
        centre, spread = self.carried, np.sqrt(variance)
        width = spread
        if normalisation == "mean_std":
            before = self.rows - look_back
            earlier = np.where((before >= self.starts)[:, None], self.sums[np.maximum(before, 0)], 0.0)
            inside, window_mean, window_variance = _moments(self.sums[self.rows] - earlier)
            centre = np.where(inside > 0, window_mean, centre)
            width = blended_width(window_variance, inside, spread)
        elif normalisation == "series":
            centre = mean
        known = count > 0
        level = np.where(known, centre + self.base, 0.0)
        scale = np.where(known, np.maximum(width, self.floor()), 1.0)
        return level, np.where(scale > 0, scale, 1.0)

    @np.errstate(over="ignore", invalid="ignore")
    def spread(self) -> np.ndarray:
        """float64 (R, C): standard deviation of each series up to each row."""
        return np.asarray(np.sqrt(_moments(self.sums[self.rows])[2]))

    @np.errstate(over="ignore", invalid="ignore")
    def floor(self) -> np.ndarray:
        """float64 (R, C): what a scale is at least."""
        _, mean, variance = _moments(self.sums[self.rows])
        return np.asarray(np.maximum(STD_FLOOR * np.sqrt(variance), LEVEL_FLOOR * np.abs(mean + self.base)))


Number = TypeVar("Number", np.ndarray, Tensor)


def blended_width(variance: Number, count: Number, spread: Number) -> Number:
    """Standard deviation of a window of `count` steps, as if `PRIOR` more had varied as the series has so far."""
    blended: Number = ((variance * count + PRIOR * spread**2) / (count + PRIOR)) ** 0.5
    return blended


def spread_so_far(values: np.ndarray, indptr: np.ndarray, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(standard deviation of each series up to each row, what a scale is at least there), float64 (R, C).

    values: (T, C) of consecutive series, NaN where not observed. rows: (R), rising.
    """
    spread, floor = np.empty((len(rows), values.shape[1])), np.empty((len(rows), values.shape[1]))
    for first, after in series_blocks(indptr):
        begin, end = int(indptr[first]), int(indptr[after])
        block = slice(*np.searchsorted(rows, (begin, end)))
        history = _History.of(
            values[begin:end].astype(np.float64), indptr[first : after + 1] - begin, rows[block] - begin
        )
        spread[block], floor[block] = history.spread(), history.floor()
    return spread, floor


def _running(seen: np.ndarray, steps: np.ndarray, indptr: np.ndarray) -> np.ndarray:
    """(T, 3 C): counts, steps and their squares side by side, summed over the rows of each row's series up to it.

    A series at a time: a sum that went on from the series before would carry its rounding, and a small series beside a
    large one would lose its digits.
    """
    sums = np.concatenate([seen, steps, steps**2], axis=1)
    for begin, end in pairwise(indptr.tolist()):
        np.add.accumulate(sums[begin:end], axis=0, out=sums[begin:end])
    return sums


def _moments(sums: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(count, mean, variance), 0 where there is nothing. sums: (T, 3 C), of counts, values and squares."""
    count, total, squares = np.split(sums, 3, axis=1)
    divisor = np.maximum(count, 1.0)
    mean = total / divisor
    return count, mean, np.maximum(squares / divisor - mean**2, 0.0)


def _first_observed(values: np.ndarray, seen: np.ndarray, indptr: np.ndarray) -> np.ndarray:
    """(S, C): the first observed value of each series; 0 where there is none."""
    firsts = indptr[:-1]
    if seen[firsts].all():
        return np.asarray(np.nan_to_num(values[firsts]))
    rows = np.where(seen, np.arange(len(values))[:, None], len(values))
    nearest = np.minimum.reduceat(rows, firsts, axis=0)
    observed = np.take_along_axis(values, np.minimum(nearest, len(values) - 1), axis=0)
    return np.where(nearest < len(values), np.nan_to_num(observed), 0.0)


def _carried(steps: np.ndarray, seen: np.ndarray, starts: np.ndarray, at: np.ndarray) -> np.ndarray:
    """(R, C): the newest observed value at or before the rows `at` (R) of series that begin at `starts` (R), else 0."""
    if seen[at].all():
        return np.asarray(steps[at])
    latest = np.maximum.accumulate(np.where(seen, np.arange(len(steps))[:, None], -1), axis=0)[at]
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
