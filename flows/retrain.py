"""The nightly job: read, cut, train, judge, forecast, publish, deliver, report.

No `from __future__ import annotations` in flow modules: Prefect's `serve` needs the annotations themselves.
"""

import logging
from dataclasses import dataclass
from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State

from flows.ending import reason_of
from flows.naming import run_name
from flows.run import Challenge, carry_out
from lstm.errors import ConfigError, ForecastError
from lstm.references import ModelRef, Outcome, PanelRef, Verdict, WindowsRef
from tasks.choose import judge_failure
from tasks.evaluate import evaluate
from tasks.job import Job
from tasks.train import train
from tasks.window import window

log = logging.getLogger("flows.retrain")


@flow(name="retrain", flow_run_name=run_name, persist_result=False)
def retrain(
    pipeline: str, as_of: str | None = None, overrides: dict[str, Any] | None = None, dry_run: bool = False
) -> State[Outcome]:
    """Retrains, lets the new model through only if its gates say so, and publishes forecasts of whoever serves.

    Args:
        pipeline: Path of the pipeline file.
        as_of: The moment that the run pretends it is: a date, an ISO instant, or an integer step; now when left out.
        overrides: Keys of the pipeline file that this run sets anew, such as {"training.max_epochs": 3}.
        dry_run: Read, train, judge, forecast and report, and leave everything as it is.
    """
    return carry_out(pipeline, "retrain", as_of, challenge, overrides, dry_run)


@dataclass
class _Steps:
    """How far the challenger has come. step: the one that is running."""

    step: str = "window"
    windows: WindowsRef | None = None
    model: ModelRef | None = None


def challenge(job: Job, panel: PanelRef) -> Challenge:
    """Trains and judges a challenger. A step that fails is a failed gate, not a failed night."""
    steps = _Steps()
    verdict = _judged(job, panel, steps, again=False)
    return Challenge(verdict, lambda: _judged(job, panel, steps, again=True), steps.windows, steps.model)


def _judged(job: Job, panel: PanelRef, steps: _Steps, *, again: bool) -> Verdict:
    try:
        steps.step = "window"
        steps.windows = window(job, panel)
        steps.step = "train"
        steps.model = train(job, panel, steps.windows)
        steps.step = "evaluate"
        return evaluate(job, panel, steps.windows, steps.model, again=again)
    except ConfigError:
        raise
    except Exception as error:
        if isinstance(error, ForecastError | OSError):  # the machine's fault: a traceback would say no more
            log.error("%s failed: %s", steps.step, reason_of(error))
        else:
            log.exception("%s failed", steps.step)
        return judge_failure(job, steps.step, reason_of(error))
