"""Joins forecasts with what came true, and says when they are worse than the backtest promised.

No `from __future__ import annotations` in flow modules: Prefect's `serve` needs the annotations themselves.
"""

import logging
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Literal, TypeVar

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.states import Completed, Failed

from flows.retrain import retrain
from flows.run import open_job, reason_of, run_name
from lstm.errors import ForecastError
from lstm.references import Accuracy, Outcome
from lstm.storage.lease import lease, this_process
from tasks.begin import begin
from tasks.events import emit
from tasks.finish import finish
from tasks.job import Job
from tasks.monitor import assess, degraded_payload
from tasks.monitor_report import report_accuracy
from tasks.monitor_retrain import RetrainPlan, ask_for_retrain

log = logging.getLogger("flows.monitor")

T = TypeVar("T")
Code = Literal[0, 1, 2, 3]

DEGRADED = "nightcast.accuracy.degraded"
STATUSES = {0: "published", 3: "degraded", 1: "refused", 2: "failed"}


@flow(name="monitor", flow_run_name=run_name, persist_result=False)
def monitor(pipeline: str, as_of: str | None = None) -> State[Outcome]:
    """Scores published forecasts with their actuals, and raises the alarm where they are worse than promised.

    Args:
        pipeline: Path of the pipeline file.
        as_of: The moment that the run pretends it is: a date, an ISO instant, or an integer step; now when left out.
    """
    try:
        job = open_job(pipeline, "monitor", as_of)
    except ForecastError as error:
        return _ended(Outcome(run_id="", exit_code=_code(error), sentence=str(error)))
    try:
        begin(job)
        with lease(job.engine(), job.key, owner=this_process(), now=lambda: datetime.now(UTC)):
            outcome = _guarded(job, pipeline)
            finish(job, STATUSES[outcome.exit_code], outcome)
    except (ForecastError, OSError) as error:
        outcome = Outcome(run_id=job.key.run_id, exit_code=_code(error), sentence=reason_of(error))
    return _ended(outcome)


def _guarded(job: Job, pipeline: str) -> Outcome:
    try:
        accuracy = assess(job)
    except Exception as error:
        if not isinstance(error, ForecastError):
            log.exception("the monitor failed")
        return Outcome(
            run_id=job.key.run_id, exit_code=_code(error), sentence=f"Nothing was scored: {reason_of(error)}"
        )
    return _told(job, pipeline, accuracy)


def _told(job: Job, pipeline: str, accuracy: Accuracy) -> Outcome:
    """Tells whoever listens. What fails here is a fault of the run, and takes nothing back of what was found."""
    faults: list[str] = []
    if accuracy.degraded:
        _try(faults, "the event was not emitted", lambda: emit(DEGRADED, job, degraded_payload(job, accuracy)))
    plan = RetrainPlan("")
    if accuracy.degraded and job.pipeline.monitor.retrain:
        plan = _try(faults, "no retrain was asked for", lambda: ask_for_retrain(job, pipeline)) or plan
    story = _try(faults, "there is no report", lambda: report_accuracy(job, accuracy, plan.sentence))
    rows = story.rows() if story is not None else []
    if plan.here:
        outcome = _try(faults, "the retrain failed", lambda: _retrain_here(job, pipeline))
        rows.append(("retrain ended", outcome.sentence if outcome is not None else "failed"))
    sentence = accuracy.sentence + (f" Degraded: {'; '.join(faults)}." if faults else "")
    summary = {"rows": [list(row) for row in rows]}
    code: Code = 3 if accuracy.degraded or faults else 0
    return Outcome(run_id=job.key.run_id, exit_code=code, sentence=sentence, summary=summary)


def _try(faults: list[str], what: str, act: Callable[[], T]) -> T | None:
    try:
        return act()
    except Exception as error:
        log.exception("%s", what)
        faults.append(f"{what}: {reason_of(error)}")
        return None


def _retrain_here(job: Job, pipeline: str) -> Outcome:
    """The retrain as a part of this flow run, for whoever has no deployment of it."""
    state = retrain(pipeline=pipeline, as_of=job.key.as_of, return_state=True)
    outcome = state.result(raise_on_failure=False)
    return outcome if isinstance(outcome, Outcome) else Outcome(run_id="", exit_code=1, sentence=str(state.message))


def _ended(outcome: Outcome) -> State[Outcome]:
    if outcome.exit_code in (1, 2):
        return Failed(message=outcome.sentence, data=outcome)
    name = "Degraded" if outcome.exit_code == 3 else "Completed"
    return Completed(name=name, message=outcome.sentence, data=outcome)


def _code(error: Exception) -> Code:
    return 2 if isinstance(error, ForecastError) and error.exit_code == 2 else 1
