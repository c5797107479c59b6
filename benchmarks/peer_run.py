"""neuralforecast's LSTM on a trial: its accuracy and its CPU time, on one thread in a process of its own."""

from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from benchmarks.child import measure
from benchmarks.peers import environment
from benchmarks.peers.exchange import read_forecasts, write_histories
from benchmarks.trial import LEVELS, Scores, Trial

# "Batch 128" as the library calls it: 128 series a step, and of their windows 128.
SHAPE = {"hidden": 64, "layers": 1, "series": 128, "batch": 128, "steps": 1_000}
LOOK_BACK = 168
LOOK_BACKS = {"m4-weekly": 65}
SMALL_STEPS = 5
POINT_SCORES = ("owa", "smape", "mase", "mse", "mae")


@dataclass(frozen=True)
class Peer:
    """What the peer took, all steps of training and all forecasts, and how good it was. It forecasts no quantiles."""

    cpu: float
    scores: Scores


def peer_of(name: str, trial: Trial, *, small: bool) -> Peer:
    """Fits the peer on all of the trial's panel, validation included, since it does not stop early."""
    shape = SHAPE | {"look_back": LOOK_BACKS.get(name, LOOK_BACK)}
    if small:
        shape["steps"] = SMALL_STEPS
    interpreter = environment.python()
    with TemporaryDirectory(prefix="nightcast-bench-") as folder:
        write_histories(Path(folder), histories_of(trial), len(trial.cutoffs) // trial.asked.series)
        step, horizon = "benchmarks.peers.neural:forecasting", trial.panel.horizon
        taken = measure(step, python=interpreter, folder=folder, horizon=horizon, threads=1, **shape)
        forecasts = forecasts_of(trial, read_forecasts(Path(folder)))
    quantiles = np.repeat(forecasts[:, :, None], len(LEVELS), axis=2)
    scores = trial.score(trial.truth, quantiles)
    return Peer(taken.cpu, {key: value for key, value in scores.items() if key in POINT_SCORES})


def histories_of(trial: Trial) -> list[np.ndarray]:
    """float64, a series and channel each, in that order: all up to the end of the last horizon that is asked for.

    The trial asks each series for the same cutoffs, a step apart.
    """
    panel, count = trial.asked, len(trial.cutoffs) // trial.asked.series
    found = []
    for series in range(panel.series):
        mine = slice(series * count, (series + 1) * count)
        first = panel.row_of(np.array([series]), trial.cutoffs[mine][:1])[0]
        truth = trial.truth[mine]
        past = panel.targets[panel.indptr[series] : first + 1].astype(np.float64)
        found += list(np.concatenate([past, truth[:, 0], truth[-1, 1:]]).T)
    return found


def forecasts_of(trial: Trial, answered: np.ndarray) -> np.ndarray:
    """(N, H, C), in the order of the trial's windows. answered: (series and channels, windows, H)."""
    channels = len(trial.asked.target_names)
    windows, horizon = answered.shape[1:]
    parts = answered.reshape(trial.asked.series, channels, windows, horizon)
    return parts.transpose(0, 2, 3, 1).reshape(-1, horizon, channels)
