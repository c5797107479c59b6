"""One run of a trial in a process of its own: fit, forecast, and then the score, which is not measured."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from benchmarks import ett, m4, nyc
from benchmarks.trial import LEVELS, Protocol, Trial
from lstm.config import Training
from lstm.frames.panel_fit import fit_panel
from lstm.model.forecaster.forecaster import Which

DATA_SETS: dict[str, Callable[[str, Path, Protocol], Trial]] = {
    **dict.fromkeys(m4.GROUPS, m4.trial),
    **dict.fromkeys(ett.NAMES, ett.trial),
    **dict.fromkeys(nyc.TABLES, nyc.trial),
}
CPU = torch.device("cpu")
SMALL_TRAINING = {"epoch_steps": 5, "max_epochs": 2}


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
        fitted = fit_panel(
            trial.panel,
            trial.windows,
            threads=threads,
            model=model,
            training=settings,
            quantile_levels=LEVELS,
            minimum=trial.minimum,
        )
        rows = trial.asked.row_of(trial.series, trial.cutoffs)
        which: Which = "served" if settings.refit else "evaluated"
        quantiles = fitted.forecaster.forecast(trial.asked, trial.series, rows, which=which, device=CPU)
        choices = {choice.name: choice.value for choice in fitted.forecaster.card.choices}
        return lambda: {"scores": trial.score(trial.truth, quantiles), "choices": choices}

    return work
