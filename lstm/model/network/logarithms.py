"""Targets that are forecast by their logarithm, and windows of which that would be misread."""

import numpy as np

from lstm.data.panel.panel import Panel


def transformed(targets: np.ndarray, logs: tuple[bool, ...]) -> np.ndarray:
    """(T, C): the logarithm of the targets that are forecast by it, the others as they are.

    A value that has no logarithm counts as not observed; training asks for a logarithm only where there is none, and
    who serves gives windows that hold one to somebody else (see `without_logarithm`).
    """
    if not any(logs):
        return targets
    with np.errstate(divide="ignore", invalid="ignore"):
        logged = np.log(targets)
    return np.where(logs, np.where(np.isfinite(logged), logged, np.nan), targets)


def undo_logs(forecast: np.ndarray, logs: tuple[bool, ...]) -> np.ndarray:
    """The forecast (..., C) in the targets' units; changed in place where it is a logarithm."""
    for target in np.flatnonzero(logs):
        np.exp(forecast[..., target], out=forecast[..., target])
    return forecast


def without_logarithm(
    panel: Panel, series: np.ndarray, rows: np.ndarray, logs: tuple[bool, ...], look_back: int
) -> np.ndarray:
    """bool (N, C): where a window's look-back holds a value at or below zero of a target whose logarithm is forecast.

    series, rows: (N), each window's series and the panel row of its cutoff. Such values are missing to the network, so
    it would forecast what lay before them.
    """
    answer = np.zeros((len(rows), len(logs)), bool)
    for target in np.flatnonzero(logs):
        below = panel.targets[:, target] <= 0.0
        if below.any():
            latest = np.maximum.accumulate(np.where(below, np.arange(len(below)), -1))[rows]
            answer[:, target] = latest >= np.maximum(panel.indptr[series], rows - look_back + 1)
    return answer
