"""Who wants to serve: a challenger that is trained, the champion of before, or an older version by a person's word."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from lstm.errors import ConfigError, ForecastError, RunBusyError
from lstm.references import ModelRef, PanelRef, Verdict, WindowsRef
from lstm.steps.begin_and_end import reason_of
from lstm.steps.job import Job
from lstm.steps.step_functions import Steps
from lstm.steps.window import refuse_too_few_points

log = logging.getLogger(__name__)


@dataclass
class Challenge:
    """What came of this run's challenger. judge: decides again, after the champion has changed."""

    verdict: Verdict
    judge: Callable[[], Verdict]
    windows: WindowsRef | None = None
    model: ModelRef | None = None


Contender = Callable[[Job, PanelRef, Steps], Challenge]


def challenger(job: Job, panel: PanelRef, steps: Steps) -> Challenge:
    """Trains and judges a challenger. A step that fails is a failed gate, not a failed night."""
    training = _Training()
    verdict = _judged(job, panel, steps, training, again=False)
    judge = lambda: _judged(job, panel, steps, training, again=True)  # noqa: E731
    return Challenge(verdict, judge, training.windows, training.model)


def champion(job: Job, panel: PanelRef, steps: Steps) -> Challenge:
    """Nothing is trained: whoever serves goes on serving."""
    return Challenge(steps.choose_champion(job), lambda: steps.choose_champion(job))


CONTENDERS: Mapping[str, Contender] = {"retrain": challenger, "forecast": champion}


def older_version(version: int, why: str) -> Contender:
    """The contender of a rollback: an older version, by a person's word. why: the reason, kept with the promotion."""

    def contender(job: Job, panel: PanelRef, steps: Steps) -> Challenge:
        if not why.strip():
            raise ConfigError("a reason is needed to roll back; it is kept with the promotion")
        return Challenge(steps.choose_version(job, version, why), lambda: steps.choose_version(job, version, why))

    return contender


@dataclass
class _Training:
    """How far a challenger has come. step: the one that is running."""

    step: str = "window"
    windows: WindowsRef | None = None
    model: ModelRef | None = None


def _judged(job: Job, panel: PanelRef, steps: Steps, training: _Training, *, again: bool) -> Verdict:
    try:
        training.step = "window"
        training.windows = steps.window(job, panel)
        refuse_too_few_points(job)
        training.step = "train"
        training.model = steps.train(job, panel, training.windows)
        training.step = "evaluate"
        return steps.evaluate(job, panel, training.windows, training.model, again=again)
    except (ConfigError, RunBusyError):
        raise
    except Exception as error:
        if isinstance(error, ForecastError | OSError):  # the machine's fault: a traceback would say no more
            log.error("%s failed: %s", training.step, reason_of(error))
        else:
            log.exception("%s failed", training.step)
        return steps.judge_failure(job, training.step, reason_of(error))
