"""Drift of the inputs: the newest days of each channel against the history that the model was trained on.

Each series is standardised by its own mean and standard deviation of training, then all series are taken together.
`psi` is the population stability index over the tenths of training, sum of (p - q) ln(p / q), where p are the shares
of the newest days and q those of training: Yurdakul and Naranjo (2020), Statistical properties of the population
stability index, Journal of Risk Model Validation 14(3); it is Jeffreys' symmetric divergence. `shift` is the mean of
the newest days in standard deviations of training.

A year has seasons, so a fortnight never looks like the whole of it. The same two numbers of every stretch of training
that is as long say what is usual, and drifted is what is beyond the limit and well beyond them all.
"""

import math
from dataclasses import dataclass

import numpy as np

from lstm.config import Monitor
from lstm.data.panel.panel import Panel
from lstm.evaluation.wording import number, percent
from lstm.references import InputDrift

BINS = 10
# Noise decides which stretch of training was the largest; what is no more than a fifth above it is as usual.
BEYOND = 1.2
FEWEST_STRETCHES = 5
FEWEST_VALUES = 30


@dataclass(frozen=True)
class Stretches:
    """Steps cut into stretches of equal length.

    of: int (T), 0 the newest, 1 and on within training, -1 elsewhere.
    """

    of: np.ndarray
    count: int


def cut_stretches(panel: Panel, trained_through: int, length: int) -> Stretches:
    """The newest `length` steps up to the cutoff, and training in stretches of that length, counted back from its end.

    Training ends at the ordinal `trained_through`, or before the newest steps where these begin earlier. A stretch at
    the beginning that is not whole belongs to the one after it.
    """
    end = min(trained_through, panel.cutoff - length)
    ordinals = panel.ordinals
    of = np.full(len(ordinals), -1)
    whole = max((end - int(panel.start.min()) + 1) // length, 1)
    training = ordinals <= end
    of[training] = 1 + np.minimum((end - ordinals[training]) // length, whole - 1)
    of[(ordinals > panel.cutoff - length) & (ordinals <= panel.cutoff)] = 0
    return Stretches(of, whole + 1)


def input_drift(panel: Panel, settings: Monitor, *, trained_through: int, length: int) -> tuple[InputDrift, ...]:
    """The drift of every target, past and future covariate. length: steps of the newest days."""
    stretches = cut_stretches(panel, trained_through, length)
    channels = {
        "target": (panel.target_names, panel.targets),
        "past covariate": (panel.past_names, panel.past),
        "future covariate": (panel.future_names, panel.future),
    }
    return tuple(
        _channel(name, role, values[:, index], panel, stretches, settings)
        for role, (names, values) in channels.items()
        for index, name in enumerate(names)
    )


def _channel(
    name: str, role: str, values: np.ndarray, panel: Panel, stretches: Stretches, settings: Monitor
) -> InputDrift:
    scaled = _standardised(values.astype(np.float64), panel, stretches)
    known = np.isfinite(scaled) & (stretches.of >= 0)
    psi = stability(scaled[known], stretches.of[known], stretches.count)
    shift = _by_stretch(scaled[known], stretches.of[known], stretches.count)
    expected = np.bincount(stretches.of[stretches.of >= 0], minlength=stretches.count)
    present = np.bincount(stretches.of[(stretches.of >= 0) & ~np.isnan(values)], minlength=stretches.count)
    with np.errstate(invalid="ignore"):
        missing = 1.0 - present / np.maximum(expected, 1)
    usual_missing = 1.0 - float(present[1:].sum()) / max(int(expected[1:].sum()), 1)
    drift = InputDrift(
        name=name,
        role=role,
        psi=float(psi[0]),
        usual_psi=_usual(psi[1:]),
        shift=float(shift[0]),
        usual_shift=_usual(np.abs(shift[1:])),
        missing=float(missing[0]) if expected[0] else math.nan,
        usual_missing=usual_missing,
        drifted=False,
        reason="",
    )
    reasons = _reasons(drift, settings)
    return drift.model_copy(update={"drifted": bool(reasons), "reason": "; ".join(reasons)})


def _reasons(drift: InputDrift, settings: Monitor) -> list[str]:
    """Why a channel counts as drifted; NaN compares as no."""
    reasons = []
    if drift.psi > settings.drift_psi and not drift.psi <= BEYOND * drift.usual_psi:
        reasons.append(
            f"its distribution is another: index {number(drift.psi)}, usual is up to {_known_number(drift.usual_psi)}"
        )
    if abs(drift.shift) > settings.drift_shift and not abs(drift.shift) <= BEYOND * drift.usual_shift:
        reasons.append(
            f"its mean lies {number(abs(drift.shift))} standard deviations {'above' if drift.shift > 0 else 'below'} "
            f"training, usual is up to {_known_number(drift.usual_shift)}"
        )
    if drift.missing - drift.usual_missing > settings.drift_missing:
        reasons.append(f"{percent(drift.missing)} are missing, {percent(drift.usual_missing)} were in training")
    return reasons


def _known_number(value: float) -> str:
    return number(value) if math.isfinite(value) else "unknown"


def _standardised(values: np.ndarray, panel: Panel, stretches: Stretches) -> np.ndarray:
    """(T): each series by its mean and standard deviation of training; NaN where it did not move there."""
    training = (stretches.of > 0) & np.isfinite(values)
    series = panel.row_series
    count = np.bincount(series[training], minlength=panel.series)
    safe = np.maximum(count, 1)
    mean = np.bincount(series[training], values[training], panel.series) / safe
    squared = np.bincount(series[training], (values[training] - mean[series[training]]) ** 2, panel.series) / safe
    std = np.where((count > 1) & (squared > 0.0), np.sqrt(squared), np.nan)
    with np.errstate(invalid="ignore"):
        return np.asarray((values - mean[series]) / std[series])


def stability(values: np.ndarray, stretch: np.ndarray, count: int) -> np.ndarray:
    """(count): the population stability index of each stretch; of training's against all of training.

    values: finite float64 (N). stretch: int (N), 0 the newest, others training. NaN below FEWEST_VALUES values. Half a
    value is added to each of the bins, so that an empty one does not make the index infinite.
    """
    training = values[stretch > 0]
    if len(training) < FEWEST_VALUES:
        return np.full(count, np.nan)
    # Values that many share may make edges equal; the bins between them are then left out.
    edges = np.unique(np.quantile(training, np.arange(1, BINS) / BINS))
    bins = len(edges) + 1
    place = np.searchsorted(edges, values, side="right")
    counts = np.bincount(stretch * bins + place, minlength=count * bins).reshape(count, bins).astype(np.float64)
    usual = counts[1:].sum(axis=0)
    total = counts.sum(axis=1)
    share = (counts + 0.5) / (total[:, None] + 0.5 * bins)
    against = (usual + 0.5) / (usual.sum() + 0.5 * bins)
    index = ((share - against) * np.log(share / against)).sum(axis=1)
    return np.asarray(np.where(total >= FEWEST_VALUES, index, np.nan))


def _by_stretch(values: np.ndarray, stretch: np.ndarray, count: int) -> np.ndarray:
    """(count): mean of each stretch, NaN where it is empty."""
    number_of = np.bincount(stretch, minlength=count)
    total = np.bincount(stretch, values, count)
    return np.asarray(np.divide(total, number_of, out=np.full(count, np.nan), where=number_of > 0))


def _usual(values: np.ndarray) -> float:
    """The largest that training has seen; NaN below FEWEST_STRETCHES."""
    known = values[np.isfinite(values)]
    return float(known.max()) if len(known) >= FEWEST_STRETCHES else math.nan


def with_drift(sentence: str, drift: tuple[InputDrift, ...]) -> str:
    """A sentence, and the inputs that have drifted."""
    drifted = [channel.name for channel in drift if channel.drifted]
    return sentence + (f" Inputs that have drifted: {', '.join(drifted)}." if drifted else "")
