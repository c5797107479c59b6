"""Joins forecasts with what came true, and says when they are worse than the backtest promised.

No `from __future__ import annotations` in flow modules: Prefect's `serve` needs the annotations themselves.
"""

import logging
from datetime import UTC, datetime

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.states import Completed, Failed

from flows.run import open_job, reason_of, run_name
from lstm.errors import ForecastError, RunBusyError
from lstm.references import Accuracy, Outcome
from lstm.storage.lease import lease, this_process
from tasks.begin import begin
from tasks.job import Job
from tasks.monitor import assess

log = logging.getLogger("flows.monitor")

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
            job.registry().finish_run(
                job.key.run_id, STATUSES[outcome.exit_code], outcome.exit_code, outcome.sentence, datetime.now(UTC)
            )
    except (ForecastError, OSError) as error:
        outcome = Outcome(run_id=job.key.run_id, exit_code=_code(error), sentence=reason_of(error))
    return _ended(outcome)


def _guarded(job: Job, pipeline: str) -> Outcome:
    try:
        accuracy = assess(job)
    except RunBusyError:
        raise
    except Exception as error:
        if not isinstance(error, ForecastError):
            log.exception("the monitor failed")
        return Outcome(
            run_id=job.key.run_id, exit_code=_code(error), sentence=f"Nothing was scored: {reason_of(error)}"
        )
    return _told(job, accuracy)


def _told(job: Job, accuracy: Accuracy) -> Outcome:
    return Outcome(
        run_id=job.key.run_id, exit_code=3 if accuracy.degraded else 0, sentence=accuracy.sentence, summary={"rows": []}
    )


def _ended(outcome: Outcome) -> State[Outcome]:
    if outcome.exit_code in (1, 2):
        return Failed(message=outcome.sentence, data=outcome)
    name = "Degraded" if outcome.exit_code == 3 else "Completed"
    return Completed(name=name, message=outcome.sentence, data=outcome)


def _code(error: Exception) -> int:
    return 2 if isinstance(error, ForecastError) and error.exit_code == 2 else 1
