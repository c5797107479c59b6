"""Finish: how a run ended, for the store. A database that is away for a moment costs no run that has done its work."""

from datetime import UTC, datetime

from prefect import task

from lstm.references import Outcome
from tasks.job import Job
from tasks.retrying import RETRYING


@task(name="finish", task_run_name="finish", **RETRYING)
def finish(job: Job, status: str, outcome: Outcome) -> None:
    """Keeps how the run ended. status: see `run_records.STATUSES`."""
    job.registry().finish_run(job.key.run_id, status, outcome.exit_code, outcome.sentence, datetime.now(UTC))
