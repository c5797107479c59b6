"""Scales that are fitted once per training, on steps before validation begins, never on later ones."""

from dataclasses import dataclass

import numpy as np

from lstm.data.panel import Panel

STD_FLOOR = 0.05
LEVEL_FLOOR = 1e-4
COVARIATE_BOUND = 10.0


@dataclass(frozen=True)
class SeriesScale:
    """Level and spread of each series, float64 (S, C): mean, standard deviation, and the smallest scale of a window.

    floor: `STD_FLOOR` of the standard deviation; where that is (nearly) zero, `LEVEL_FLOOR` of the absolute mean, and 1
    for a series that is zero throughout or has not begun.
    """

    mean: np.ndarray
    std: np.ndarray
    floor: np.ndarray

    @classmethod
    def fit(cls, panel: Panel, through: int) -> "SeriesScale":
        """From the observed steps at or before the ordinal `through`."""
        readable = (panel.ordinals <= through)[:, None] & panel.observed
        count = np.maximum(_sums(readable.astype(np.float64), panel.indptr), 1.0)
        mean = _sums(np.where(readable, panel.targets, 0.0).astype(np.float64), panel.indptr) / count
        centred = np.where(readable, panel.targets - mean[panel.row_series], 0.0)
        std = np.sqrt(_sums(centred**2, panel.indptr) / count)
        floor = np.maximum(STD_FLOOR * std, LEVEL_FLOOR * np.abs(mean))
        return cls(mean, std, np.where(floor > 0, floor, 1.0))


def _sums(values: np.ndarray, indptr: np.ndarray) -> np.ndarray:
    """(S, C): sums of consecutive rows of each series. Each series has at least one row."""
    return np.asarray(np.add.reduceat(values, indptr[:-1], axis=0))


@dataclass(frozen=True)
class Standardiser:
    """(x - mean) / std by channel, bounded, missing to 0. mean, std: one number a channel."""

    mean: tuple[float, ...]
    std: tuple[float, ...]

    @classmethod
    def fit(cls, values: np.ndarray) -> "Standardiser":
        """values: (rows, channels), NaN where missing. A constant or empty channel gets std 1."""
        if not values.shape[1]:
            return cls((), ())
        known = np.isfinite(values)
        count = np.maximum(known.sum(axis=0), 1)
        clean = np.where(known, values, 0.0).astype(np.float64)
        mean = clean.sum(axis=0) / count
        std = np.sqrt((np.where(known, clean - mean, 0.0) ** 2).sum(axis=0) / count)
        varies = std > 1e-6 * np.maximum(np.abs(mean), 1e-12)
        return cls(tuple(mean.tolist()), tuple(np.where(varies, std, 1.0).tolist()))

    def apply(self, values: np.ndarray) -> np.ndarray:
        """float32 of the same shape, bounded by `COVARIATE_BOUND`."""
        if not values.shape[1]:
            return values.astype(np.float32)
        scaled = (values - np.asarray(self.mean)) / np.asarray(self.std)
        bounded = np.clip(scaled, -COVARIATE_BOUND, COVARIATE_BOUND)
        return np.asarray(np.nan_to_num(bounded, nan=0.0), dtype=np.float32)
