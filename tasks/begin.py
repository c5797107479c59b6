"""Begin: connects to the store database, and refuses what could not be published, before anything is trained."""

from collections.abc import Callable
from datetime import UTC, datetime

from prefect import task

from lstm.model.serving.forecast_rows import absent_rows
from lstm.references import Outcome
from tasks.ingest import load_panel
from tasks.job import Job
from tasks.retrying import RETRYING


@task(name="begin", task_run_name="begin", **RETRYING)
def begin(job: Job) -> None:
    """Opens the process's connection pool to the store. Raises StoreError for a database of another version."""
    job.engine()


@task(name="check-ledger", task_run_name="check-ledger", **RETRYING)
def check_ledger(job: Job) -> None:
    """Raises StoreError or ConfigError when the forecasts table cannot take the rows that this panel will have.

    Their columns follow from the panel and the pipeline, so hours of training need not come first.
    """
    panel = load_panel(job.run_store(), calendar=False)
    like_tonights = absent_rows(panel, panel.keys.slice(0, 1), job.pipeline.quantile_levels, "")
    job.ledger().check_layout(like_tonights.schema)


@task(name="last-end", task_run_name="last-end", **RETRYING)
def last_end(job: Job) -> str | None:
    """When the run last came to an end; None while its first attempt is under way or was interrupted."""
    known = job.registry().run(job.key.run_id)
    return known.finished_at.isoformat() if known is not None and known.finished_at is not None else None


@task(name="check-owner", task_run_name="check-owner", **RETRYING)
def check_owner(check: Callable[[], None]) -> None:
    """Raises RunBusyError when another process has taken the run over. check: of the lease."""
    check()


@task(name="finish", task_run_name="finish", **RETRYING)
def finish(job: Job, status: str, outcome: Outcome) -> None:
    """Keeps how the run ended. status: see `run_records.STATUSES`."""
    job.registry().finish_run(job.key.run_id, status, outcome.exit_code, outcome.sentence, datetime.now(UTC))
