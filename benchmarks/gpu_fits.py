"""Whole fits on a device against the same on the processor: M4 Hourly, and many made series."""

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from benchmarks import m4
from benchmarks.made_panel import make_panel
from benchmarks.trial import LEVELS, Protocol, split_windows
from lstm.compute.local_workers import Processes, cores
from lstm.data.panel.panel import Panel
from lstm.data.panel.windows import Windows
from lstm.frames.panel_fit import fit_panel
from lstm.model.fitting.fit import Fitted
from lstm.model.training.runtime import Runtime

M4 = "m4-hourly"
SERIES, STEPS, HORIZON = 10_000, 200, 14
SMALL = {"epoch_steps": 5, "max_epochs": 2}


@dataclass(frozen=True)
class _Task:
    """What is fitted. trial: where the forecasts are scored; M4's inner split, of which no test part is read."""

    what: str
    panel: Panel
    windows: Windows
    trial: Any = None


def fits(device: torch.device, *, small: bool, data: str | None) -> Iterator[tuple[str, ...]]:
    """A row of the table for each task; the settings are the library's own, for either device."""
    for task in _tasks(small=small, data=data):
        seconds, score = _fit(task, device, small=small)
        on_processor, score_there = _fit(task, torch.device("cpu"), small=small)
        ratio = f"{on_processor / seconds:.2f}"
        yield (task.what, f"{seconds:.1f} s", f"{on_processor:.1f} s", ratio, score, score_there)


def _tasks(*, small: bool, data: str | None) -> Iterator[_Task]:
    folder = data or os.environ.get("NIGHTCAST_DATA")
    if folder and (Path(folder) / "m4" / "Hourly-train.csv").exists():
        trial = m4.trial(M4, Path(folder), Protocol(small=small))
        yield _Task("M4 Hourly", trial.panel, trial.windows, trial)
    series = SERIES // (500 if small else 1)
    panel = make_panel(series, STEPS, frequency="D", horizon=HORIZON)
    yield _Task(f"{series:,} made series of {STEPS}", panel, split_windows(panel, HORIZON))


def _fit(task: _Task, device: torch.device, *, small: bool) -> tuple[float, str]:
    """(seconds of the fit, what its forecasts scored); on the processor by a process a core, as a night does it."""
    with Processes(cores()) as processes:
        runtime = Runtime(device, time.monotonic, executor=processes)
        training = SMALL if small else {}
        began = time.perf_counter()
        fitted = fit_panel(task.panel, task.windows, runtime=runtime, training=training, quantile_levels=LEVELS)
        seconds = time.perf_counter() - began
    return seconds, _score(task, fitted, device)


def _score(task: _Task, fitted: Fitted, device: torch.device) -> str:
    if task.trial is None:
        losses = [member.validation_loss for member in fitted.forecaster.card.members]
        return f"validation loss {sum(losses) / len(losses):.3f}"
    trial = task.trial
    rows = trial.asked.row_of(trial.series, trial.cutoffs)
    quantiles = fitted.forecaster.forecast(trial.asked, trial.series, rows, which="served", device=device)
    return f"OWA {trial.score(trial.truth, quantiles)['owa']:.3f}"
