"""Deliver: one sink gets what the ledger says is current, and a receipt is kept."""

from datetime import UTC, datetime

from prefect import task

from lstm.config import Sink, secret
from lstm.references import Receipt
from lstm.storage.database_url import beside
from lstm.storage.sinks import deliver as deliver_rows
from tasks.job import Job, secret_block
from tasks.retrying import RETRYING


@task(name="deliver", task_run_name="deliver-{sink.name}", **RETRYING)
def deliver(job: Job, sink: Sink) -> Receipt:
    """Brings this run's current rows to one sink, whole; an older run never replaces a newer one's rows."""
    rows = job.ledger().current_of_run(job.pipeline.name, job.key.run_id)
    newest = job.ledger().newest_run(job.pipeline.name) == job.key.run_id
    if len(rows) and (newest or sink.path is None):
        url = beside(secret(sink.url, blocks=secret_block), job.folder) if sink.url is not None else None
        now = datetime.now(UTC)
        notes: list[str] = []
        keys = job.pipeline.source.series
        count = deliver_rows(sink, rows, keys=keys, folder=job.folder, url=url, now=now, tell=notes.append)
        receipt = Receipt(sink=sink.name, rows=count, delivered=True, message="; ".join(notes))
    else:
        receipt = Receipt(sink=sink.name, rows=0, delivered=True, message="a newer publication stands")
    job.registry().record_delivery(job.key.run_id, receipt, datetime.now(UTC))
    return receipt


def undelivered(job: Job, sink: Sink, error: Exception) -> None:
    """Keeps the receipt of a delivery that failed; it stays pending, and the next start of the run tries again."""
    receipt = Receipt(sink=sink.name, rows=0, delivered=False, message=str(error))
    job.registry().record_delivery(job.key.run_id, receipt, datetime.now(UTC))
