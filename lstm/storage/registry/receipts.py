"""Receipts: which sink has got which run's rows, and which still waits for them."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from lstm.references import Receipt
from lstm.storage.sql.connections import transaction
from lstm.storage.sql.fence import Fenced
from lstm.storage.sql.upsert import insert_or_replace
from lstm.storage.store.schema import deliveries, publications


@dataclass(frozen=True)
class Receipts(Fenced):
    """The receipts in a store database."""

    def record_delivery(self, run_id: str, receipt: Receipt, now: datetime) -> None:
        """Keeps the receipt of a delivery; a later one of the same run and sink replaces it."""
        with self.writing() as connection:
            row = receipt.model_dump() | {"run_id": run_id, "delivered_at": now}
            insert_or_replace(connection, deliveries, row)

    def pending_deliveries(self, run_id: str) -> list[str]:
        """Names of the sinks that have not got a run's rows."""
        query = select(deliveries.c.sink).where(deliveries.c.run_id == run_id, deliveries.c.delivered.is_(False))
        with transaction(self.engine) as connection:
            return list(connection.scalars(query.order_by(deliveries.c.sink)))

    def receipts(self, run_id: str) -> list[Receipt]:
        """What every sink has got of a run's rows so far."""
        query = select(deliveries).where(deliveries.c.run_id == run_id).order_by(deliveries.c.sink)
        with transaction(self.engine) as connection:
            rows = connection.execute(query).all()
        return [Receipt(sink=row.sink, rows=row.rows, delivered=row.delivered, message=row.message) for row in rows]

    def runs_pending(self, pipeline_name: str, sink: str) -> list[str]:
        """Runs of a pipeline whose rows a sink has not got, in the order of their publications. Backfills do not count.

        Theirs are the past's, which no sink gets.
        """
        query = (
            select(publications.c.run_id)
            .join(deliveries, deliveries.c.run_id == publications.c.run_id)
            .where(
                publications.c.pipeline == pipeline_name,
                publications.c.kind != "backfill",
                deliveries.c.sink == sink,
                deliveries.c.delivered.is_(False),
            )
            .order_by(publications.c.id)
        )
        with transaction(self.engine) as connection:
            return list(connection.scalars(query))
