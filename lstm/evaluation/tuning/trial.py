"""One trial: a setting is trained on one thread, and scored in the targets' units on the windows of all trials."""

import logging
import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

import numpy as np
from pydantic import ValidationError

from lstm.compute.executor import CallHome
from lstm.contestants import CHALLENGER, RIDGE, SEASONAL_NAIVE, short_name
from lstm.data.panel.panel import Panel
from lstm.data.panel.windows import Windows
from lstm.errors import ConfigError, EvaluationError, TrainingError
from lstm.evaluation.backtest.scored import Scored
from lstm.evaluation.backtest.window_blocks import Block, Rules, score_block
from lstm.evaluation.tuning.space import Values, with_values
from lstm.model.baselines.model import BaselineModel
from lstm.model.baselines.model import Model as Contestant
from lstm.model.fitting.fit import Fitted, Origin, fit
from lstm.model.fitting.fit_job import FitSettings
from lstm.model.forecaster.choices import default_device
from lstm.model.forecaster.late_ends import NOTHING_BEFORE
from lstm.model.training.checkpoint import unpack
from lstm.model.training.runtime import Runtime


@dataclass(frozen=True)
class Trial:
    """A setting to be tried. values: of the keys that are tuned."""

    number: int
    values: Values


@dataclass(frozen=True)
class TrialScore:
    """How a setting did. wql, mase: on the scored windows; NaN where undefined. coverage: of the widest band.

    ridge_wql: of the ridge regression that it began from. epochs: trained; best_epoch: 0 where none beat that start.
    """

    wql: float
    mase: float
    coverage: float
    ridge_wql: float
    epochs: int
    best_epoch: int
    stopped: str

    @property
    def objective(self) -> float:
        """What trials are compared by, smaller is better: the mean of the logarithms of WQL and MASE.

        So a percent of one counts as much as one of the other, and no setting wins by one of them alone.
        """
        known = [math.log(value) for value in (self.wql, self.mase) if math.isfinite(value) and value > 0.0]
        if not known:
            raise EvaluationError("neither WQL nor MASE of the scored windows is defined, so trials cannot be compared")
        return sum(known) / len(known)


@dataclass(frozen=True)
class TrialData:
    """What all trials share. panel: with its calendar. settings: of the pipeline file, before values are put in.

    scale: (S, C), of MASE. clock: seconds.
    """

    panel: Panel
    windows: Windows
    settings: FitSettings
    scale: np.ndarray
    clock: Callable[[], float]


def run_trial(data: TrialData, trial: Trial, call_home: CallHome) -> None:
    """Trains and scores a trial, and tells home how it did, or why it came to nothing.

    home: read, write (checkpoints by trial and phase), begin (a trial's loss before its first epoch), epoch (another
    one's; answers whether to stop), score, fail.
    """
    try:
        with _quiet():
            score = scored(data, _fitted(data, trial, call_home))
        _ = score.objective
    except (TrainingError, ConfigError, EvaluationError, ValidationError) as error:
        call_home("fail", trial.number, str(error))
    else:
        call_home("score", trial.number, score)


@contextmanager
def _quiet() -> Iterator[None]:
    """Forty trials would say the same as a training does, forty times."""
    logger = logging.getLogger("lstm.model")
    before = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(before)


def _fitted(data: TrialData, trial: Trial, call_home: CallHome) -> Fitted:
    alone = data.settings.training.model_copy(update={"refit": False, "warm_start": False, "ranks": 1, "threads": 1})
    members = data.settings.model.model_copy(update={"members": 1})
    model, training = with_values(members, alone, trial.values)
    clock = _StopClock(data.clock)
    runtime = Runtime(
        device=default_device(),
        clock=clock,
        checkpoints=_Checkpoints(trial.number, call_home),
        on_epoch=lambda phase, row: clock.stop(call_home("epoch", trial.number, phase, row)),
    )
    settings = replace(data.settings, model=model, training=training)
    return fit(data.panel, data.windows, settings, origin=Origin("", "", 1, {}), runtime=runtime)


class _StopClock:
    """A clock that, once stopped, says that any deadline has passed: training ends, and its best epoch is kept."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock, self._stopped = clock, False

    def __call__(self) -> float:
        return math.inf if self._stopped else self._clock()

    def stop(self, stopped: bool) -> None:
        """Stops the clock for good."""
        self._stopped = self._stopped or stopped


@dataclass(frozen=True)
class _Checkpoints:
    """A trial's checkpoints, which lie at home. The first one of a phase tells of the loss before any epoch."""

    number: int
    call_home: CallHome

    def read(self, name: str) -> bytes | None:
        content: bytes | None = self.call_home("read", self.number, name)
        return content

    def write(self, name: str, content: bytes) -> None:
        state = unpack(content)
        if not state.history:
            self.call_home("begin", self.number, name, state.stopping.best_loss)
        self.call_home("write", self.number, name, content)


def scored(data: TrialData, fitted: Fitted) -> TrialScore:
    """The score of a fitted setting, on windows that its training and its early stopping have not read.

    What is too short for it, or cannot be read by it, is forecast by the seasonal naive, as it would be served.
    """
    forecaster, panel, levels = fitted.forecaster, data.panel, data.settings.contract.quantile_levels
    test, minimum = data.windows.of("test"), data.settings.minimum
    naive = BaselineModel(short_name(SEASONAL_NAIVE), data.settings.seasons[0], levels, minimum)
    contestants: dict[str, Contestant] = {CHALLENGER: forecaster, SEASONAL_NAIVE: naive}
    block = Block(0, panel, panel, data.scale, test.series, test.row, NOTHING_BEFORE)
    scores = score_block(block, contestants, Rules(levels, minimum is None, default_device())).scored
    trial, ridge = scores[CHALLENGER], scores.get(RIDGE)
    member = forecaster.card.members[0]
    return TrialScore(
        wql=trial.error("wql"),
        mase=trial.error("mase"),
        coverage=_coverage(trial),
        ridge_wql=ridge.error("wql") if ridge is not None else math.nan,
        epochs=len(fitted.history),
        best_epoch=member.best_epoch,
        stopped=member.stopped,
    )


def _coverage(trial: Scored) -> float:
    return trial.coverage(trial.intervals[0]) if trial.intervals else math.nan
