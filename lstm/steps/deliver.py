"""Deliver: one sink gets what the ledger says is current, and a receipt is kept."""

from datetime import UTC, datetime

from lstm.config import Sink, secret
from lstm.references import Receipt
from lstm.steps.job import Job
from lstm.storage.sinks.delivery import deliver as deliver_rows
from lstm.storage.sql.url import beside


def deliver(job: Job, sink: Sink) -> Receipt:
    """Brings this run's current rows to one sink, whole; an older run never replaces a newer one's rows."""
    return _deliver(job, sink, job.key.run_id)


def deliver_late(job: Job, sink: Sink) -> list[Receipt]:
    """What older runs still owe a sink, oldest first: a table gets those of their rows that are still current.

    A file holds one run's rows, so it owes nothing once a newer run has written it.
    """
    registry = job.registry()
    owed = [run_id for run_id in registry.runs_pending(job.pipeline.name, sink.name) if run_id != job.key.run_id]
    return [_deliver(job, sink, run_id) for run_id in owed]


def _deliver(job: Job, sink: Sink, run_id: str) -> Receipt:
    """A run's current rows to a sink, and the receipt for them."""
    late = f"delivered by {job.key.run_id}; " if run_id != job.key.run_id else ""
    rows = job.ledger().current_of_run(job.pipeline.name, run_id)
    newest = job.ledger().newest_run(job.pipeline.name) == run_id
    if len(rows) and (newest or sink.path is None):
        url = beside(secret(sink.url, blocks=job.blocks), job.folder) if sink.url is not None else None
        now = datetime.now(UTC)
        notes = [f"{late}{len(rows)} rows were still current"] if late else []
        keys = job.pipeline.source.series
        count = deliver_rows(sink, rows, keys=keys, folder=job.folder, url=url, now=now, tell=notes.append)
        receipt = Receipt(sink=sink.name, rows=count, delivered=True, message="; ".join(notes))
    else:
        receipt = Receipt(sink=sink.name, rows=0, delivered=True, message=f"{late}a newer publication stands")
    job.registry().record_delivery(run_id, receipt, datetime.now(UTC))
    return receipt


def undelivered(job: Job, sink: Sink, reason: str) -> str:
    """Keeps the receipt of a delivery that failed, and answers what to tell of it.

    It stays pending, and the next run tries again.
    """
    registry = job.registry()
    if sink.name not in registry.pending_deliveries(job.key.run_id):
        return f"sink {sink.name} has this run's rows, and not yet all of older runs: {reason}"
    receipt = Receipt(sink=sink.name, rows=0, delivered=False, message=reason)
    registry.record_delivery(job.key.run_id, receipt, datetime.now(UTC))
    return f"sink {sink.name} got nothing: {reason}"
