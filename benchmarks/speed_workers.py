"""What workers on every core are worth: a fit and a backtest by them, against the same in one process."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import numpy as np
import torch

from benchmarks.accuracy_run import CPU
from benchmarks.child import measure
from benchmarks.made_panel import make_panel
from benchmarks.paced import fitted_for
from benchmarks.speed_line import Speed
from benchmarks.trial import LEVELS
from lstm.compute.executor import Executor, InOrder
from lstm.compute.local_workers import Processes, cores
from lstm.data.panel.windows import Splits, Windows
from lstm.evaluation.backtest.contest import Baselines, Workplace, contest

POINTS, HORIZON, SEASON = 200, 14, 7
# Series, and how many of the last origins a backtest forecasts from.
FITS = (100, 1_000, 10_000)
BACKTESTS = (1_000, 10_000, 100_000)
ORIGINS = 14


def lines(small: bool, threads: list[int]) -> Iterator[Speed]:
    """Pairs of wall times, each in processes of its own; beginning the workers is counted. threads: not used."""
    workers, shrink = (2, 50) if small else (cores(), 1)
    for step, sizes in (("fit", FITS), ("backtest", BACKTESTS)):
        for series in sizes[:1] if small else sizes:
            arguments: dict[str, Any] = {"threads": 1, "series": series // shrink, "quick": small}
            several = measure(f"benchmarks.speed_workers:{step}", workers=workers, **arguments).seconds
            alone = measure(f"benchmarks.speed_workers:{step}", workers=1, **arguments).seconds
            what = f"{step} by {workers} workers against 1, {series // shrink:,} series of {POINTS}"
            yield Speed(what, 1, several, "s", alone, several / alone)


def fit(threads: int, series: int, workers: int, quick: bool) -> Callable[[], None]:
    """A whole fit with the defaults."""
    torch.set_num_threads(threads)
    panel = make_panel(series, POINTS, frequency="D", horizon=HORIZON)
    training = {"max_epochs": 1, "epoch_steps": 2} if quick else {}

    def work() -> None:
        with _executor(workers) as executor:
            fitted_for(panel, {}, training, threads=threads, executor=executor)

    return work


def backtest(threads: int, series: int, workers: int, quick: bool) -> Callable[[], None]:
    """The backtest of a model whose training does not matter here, and of the simple baselines."""
    torch.set_num_threads(threads)
    panel = make_panel(series, POINTS, frequency="D", horizon=HORIZON)
    model = fitted_for(panel, {}, {"max_epochs": 1, "epoch_steps": 1, "refit": False}, threads=threads).forecaster
    cutoffs = np.tile(panel.cutoff - HORIZON - np.arange(ORIGINS)[::-1], series)
    of_series = np.repeat(np.arange(series), ORIGINS)
    test = Windows(
        of_series, panel.row_of(of_series, cutoffs), np.full(len(cutoffs), 2, np.int8), Splits(0, 0, 0, 0, 0, 0)
    )

    def work() -> None:
        with _executor(workers) as executor:
            contest(
                panel,
                test,
                {"challenger": model},
                Baselines(SEASON, LEVELS),
                scale=np.ones((series, 1)),
                workplace=Workplace(CPU, executor),
            )

    return work


def _executor(workers: int) -> AbstractContextManager[Executor]:
    return Processes(workers) if workers > 1 else nullcontext(InOrder())
