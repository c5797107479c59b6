"""Fits of small panels in memory, quick enough for a test."""

import itertools
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch

from lstm.compute.executor import Executor, InOrder
from lstm.config import Evaluation, Model, Training
from lstm.data.panel.panel import Panel
from lstm.data.panel.windows import Windows, plan_splits
from lstm.frames.panel_fit import fit_panel
from lstm.model.fitting.fit import Fitted
from lstm.model.forecaster.card import ModelCard
from lstm.model.forecaster.choices import Choice
from lstm.model.forecaster.forecaster import Forecaster, Which
from lstm.model.training.checkpoint import Checkpoints
from lstm.model.training.runtime import OnEpoch, Runtime
from panels import make_panel, windows_of_splits

CPU = torch.device("cpu")
LEVELS = (0.1, 0.5, 0.9)
QUICK = Training(max_epochs=4, epoch_steps=20, batch_size=64)


class Memory:
    """Checkpoints in memory; from the write `dies_at` on the process dies, after it has written it."""

    def __init__(self, dies_at: int | None = None) -> None:
        self.kept: dict[str, bytes] = {}
        self.writes = 0
        self.dies_at = dies_at

    def read(self, name: str) -> bytes | None:
        return self.kept.get(name)

    def write(self, name: str, content: bytes) -> None:
        self.kept[name] = content
        self.writes += 1
        if self.writes == self.dies_at:
            raise KeyboardInterrupt


def windows_of(panel: Panel, seasons: tuple[int, ...] = (7,), evaluation: Evaluation | None = None) -> Windows:
    return windows_of_splits(panel, plan_splits(panel, evaluation or Evaluation(), seasons))


def train(
    panel: Panel,
    *,
    model: Model | None = None,
    training: Training | dict[str, Any] = QUICK,
    seasons: tuple[int, ...] = (7,),
    evaluation: Evaluation | None = None,
    levels: tuple[float, ...] = LEVELS,
    minimum: float | None = None,
    checkpoints: Checkpoints | None = None,
    champion: Forecaster | None = None,
    clock: Callable[[], float] | None = None,
    on_epoch: OnEpoch = lambda phase, row: None,
    free_memory: int | None = None,
    executor: Executor | None = None,
) -> Fitted:
    """A fit on one thread; the clock ticks a second a look unless there is one. training: QUICK but for these."""
    ticks = itertools.count()
    clock = clock or (lambda: float(next(ticks)))
    return fit_panel(
        panel,
        windows_of(panel, seasons, evaluation),
        runtime=Runtime(CPU, clock, checkpoints or Memory(), on_epoch, free_memory, executor or InOrder()),
        champion=champion,
        model=model or Model(members=1),
        training=training if isinstance(training, Training) else QUICK.model_copy(update=training),
        seasons=seasons,
        quantile_levels=levels,
        minimum=minimum,
    )


def made_of(panel: Panel, **options: Any) -> Forecaster:
    """The forecaster of a fit."""
    return train(panel, **options).forecaster


def choice_of(trained: Fitted | Forecaster | ModelCard, name: str) -> Choice:
    """One of the choices of a model's card."""
    forecaster = trained.forecaster if isinstance(trained, Fitted) else trained
    card = forecaster.card if isinstance(forecaster, Forecaster) else forecaster
    return next(choice for choice in card.choices if choice.name == name)


def forecast_at(model: Forecaster, panel: Panel, ordinal: int, which: Which = "evaluated") -> np.ndarray:
    """(S, H, Q, C): the forecasts of all series at one cutoff."""
    series = np.arange(panel.series)
    return model.forecast(panel, series, panel.row_of(series, ordinal), which=which, device=CPU)


def chaos(seed: int = 0, series: int = 4, steps: int = 150) -> Panel:
    """The logistic map x -> 3.9 x (1 - x), a few steps ahead: certain for a network, noise for a linear regression."""
    values = np.random.default_rng(seed).uniform(0.1, 0.9, (steps, series))
    for step in range(1, steps):
        values[step] = 3.9 * values[step - 1] * (1.0 - values[step - 1])
    return make_panel({str(s): values[:, s] for s in range(series)}, horizon=2, cutoff=steps, dtype=np.float32)


def several_targets(panel: Panel, of: Callable[[np.ndarray], Sequence[np.ndarray]]) -> Panel:
    """The panel with targets a, b, …, which `of` makes from each series' observed values."""
    parts = []
    for first, after in itertools.pairwise(panel.indptr.tolist()):
        values = np.column_stack(of(panel.targets[first : after - panel.horizon, 0].astype(np.float64)))
        parts += [values, np.full((panel.horizon, values.shape[1]), np.nan)]
    targets = np.concatenate(parts).astype(panel.targets.dtype)
    return replace(panel, targets=targets, target_names=tuple("abcdef"[: targets.shape[1]]))
