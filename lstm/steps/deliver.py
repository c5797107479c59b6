"""Deliver: one sink gets what the ledger says is current, and a receipt is kept."""

from datetime import UTC, datetime

import pyarrow as pa

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
    notes: list[str] = []
    count = _bring(job, sink, run_id, notes)
    if count:
        notes = [f"{late}{count} rows were still current", *notes] if late else notes
        receipt = Receipt(sink=sink.name, rows=count, delivered=True, message="; ".join(notes))
    else:
        receipt = Receipt(sink=sink.name, rows=0, delivered=True, message=f"{late}a newer publication stands")
    job.registry().record_delivery(run_id, receipt, datetime.now(UTC))
    return receipt


def _bring(job: Job, sink: Sink, run_id: str, notes: list[str]) -> int:
    """Number of rows that the sink got. A sink is not even asked by a run of which nothing is current."""
    ledger, pipeline_name = job.ledger(), job.pipeline.name

    def newest() -> bool:
        return ledger.newest_run(pipeline_name) == run_id

    def current() -> pa.Table:
        job.fence.check()
        rows = ledger.current_of_run(pipeline_name, run_id)
        return rows if sink.path is None or newest() else rows.slice(0, 0)

    if not newest() and not len(current()):
        return 0
    url = beside(secret(sink.url, blocks=job.blocks), job.folder) if sink.url is not None else None
    keys = job.pipeline.source.series
    return deliver_rows(sink, current, keys=keys, folder=job.folder, url=url, now=datetime.now(UTC), tell=notes.append)


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
