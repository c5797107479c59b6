"""The pace of our training: steps a second of the library's own loop, told by its epochs."""

import time
from collections.abc import Callable
from statistics import median
from typing import Any

from benchmarks.accuracy_run import CPU
from benchmarks.trial import LEVELS, split_windows
from lstm.compute.executor import Executor, InOrder
from lstm.data.panel.panel import Panel
from lstm.frames.panel_fit import fit_panel
from lstm.model.fitting.fit import Fitted
from lstm.model.training.checkpoint import EpochRow
from lstm.model.training.runtime import Runtime

MEMBER = "member-0"


def fitted_for(
    panel: Panel,
    model: dict[str, Any],
    training: dict[str, Any],
    *,
    threads: int,
    on_epoch: Callable[[str, EpochRow], None] = lambda phase, row: None,
    executor: Executor | None = None,
) -> Fitted:
    """A model of a made panel, with as many validation steps as there need to be for one origin a series."""
    windows = split_windows(panel, panel.horizon)
    runtime = Runtime(CPU, time.monotonic, on_epoch=on_epoch, executor=executor or InOrder())
    settings: dict[str, Any] = {"model": model, "training": training, "quantile_levels": LEVELS}
    return fit_panel(panel, windows, threads=threads, runtime=runtime, **settings)


class Pace:
    """Seconds of each epoch of the first member, but for the first; between two epochs, another loop may run.

    An epoch is the loop's steps and all that comes with them: drawing, gathering, validation and the checkpoint.
    """

    def __init__(self, between: Callable[[], None] = lambda: None) -> None:
        self.epochs: list[float] = []
        self._between = between
        self._began: float | None = None

    def __call__(self, phase: str, row: EpochRow) -> None:
        """Counts an epoch that has just ended."""
        ended = time.perf_counter()
        if phase != MEMBER:
            return
        if self._began is not None:
            self.epochs.append(ended - self._began)
            self._between()
        self._began = time.perf_counter()


def pace_of(panel: Panel, model: dict[str, Any], *, batch: int, steps: int, epochs: int, threads: int) -> float:
    """Seconds a step: the median over some epochs of so many steps, without early stopping."""
    pace = Pace()
    fitted_for(panel, model | {"members": 1}, paced(batch, steps, epochs), threads=threads, on_epoch=pace)
    return median(pace.epochs) / steps


def paced(batch: int, steps: int, epochs: int) -> dict[str, Any]:
    """Settings of [training] that make so many epochs, and one before them."""
    count = epochs + 1
    return {"batch_size": batch, "epoch_steps": steps, "max_epochs": count, "patience": count, "refit": False}
