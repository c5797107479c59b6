"""One run of a trial in a process of its own: fit, forecast, and then the score, which is not measured."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from benchmarks import ett, m4, nyc
from benchmarks.trial import LEVELS, Protocol, Trial
from lstm.config import Model, Training
from lstm.data.panel.panel import Panel
from lstm.data.panel.windows import Windows
from lstm.model.fitting.fit import Fitted, Origin, fit
from lstm.model.fitting.fit_job import FitSettings
from lstm.model.forecaster.forecaster import Which
from lstm.model.training.runtime import OnEpoch, Runtime
from lstm.references import Contract

DATA_SETS: dict[str, Callable[[str, Path, Protocol], Trial]] = {
    **dict.fromkeys(m4.GROUPS, m4.trial),
    **dict.fromkeys(ett.NAMES, ett.trial),
    **dict.fromkeys(nyc.TABLES, nyc.trial),
}
CPU = torch.device("cpu")
SMALL_TRAINING = {"epoch_steps": 5, "max_epochs": 2}


class Forgetful:
    """Checkpoints that are not kept."""

    def read(self, name: str) -> bytes | None:
        """Nothing."""

    def write(self, name: str, content: bytes) -> None:
        """Nowhere."""


def prepared(
    name: str,
    data: str,
    protocol: dict[str, Any],
    seed: int,
    model: dict[str, Any],
    training: dict[str, Any],
    threads: int = 1,
) -> Callable[[], Callable[[], dict[str, Any]]]:
    """Reads a data set; answers the work of fitting and forecasting, which answers what scores it.

    protocol, model, training: fields of `Protocol`, `Model` and `Training` that are not left to their defaults.
    """
    torch.set_num_threads(threads)
    held = Protocol(**protocol)
    trial = DATA_SETS[name](name, Path(data), held)
    small = SMALL_TRAINING if held.small else {}
    settings = Training.model_validate({"seed": seed, "refit": trial.refit, **small, **training})

    def work() -> Callable[[], dict[str, Any]]:
        fitted = fitted_on(
            trial.panel, trial.windows, Model.model_validate(model), settings, threads, minimum=trial.minimum
        )
        rows = trial.asked.row_of(trial.series, trial.cutoffs)
        which: Which = "served" if settings.refit else "evaluated"
        quantiles = fitted.forecaster.forecast(trial.asked, trial.series, rows, which=which, device=CPU)
        choices = {choice.name: choice.value for choice in fitted.forecaster.card.choices}
        return lambda: {"scores": trial.score(trial.truth, quantiles), "choices": choices}

    return work


def fitted_on(
    panel: Panel,
    windows: Windows,
    model: Model,
    training: Training,
    threads: int,
    *,
    minimum: float | None = None,
    on_epoch: OnEpoch = lambda phase, row: None,
) -> Fitted:
    """The model that the library makes of a panel, with the seasons that it expects of the frequency."""
    return fit(
        panel,
        windows,
        FitSettings(
            model=model,
            training=training,
            seasons=panel.frequency.default_seasons(),
            contract=Contract(
                targets=panel.target_names,
                series=tuple(panel.keys.column_names),
                horizon=panel.horizon,
                frequency=panel.frequency.alias,
                quantile_levels=LEVELS,
            ),
            minimum=minimum,
        ),
        origin=Origin("benchmark", "benchmark", threads, {}),
        runtime=Runtime(CPU, time.monotonic, Forgetful(), on_epoch),
    )
