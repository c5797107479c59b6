"""Which publications came before a run's own."""

from dataclasses import dataclass

from sqlalchemy import Engine, select

from lstm.storage.sql.connections import transaction
from lstm.storage.store.schema import publications

MOST_NIGHTS = 1_000


@dataclass(frozen=True)
class Night:
    """A publication. cutoff: as `Frequency.text` writes it."""

    run_id: str
    cutoff: str


def nights_before(engine: Engine, pipeline_name: str, run_id: str) -> list[Night]:
    """The publications that a pipeline had when this run published, newest first, of any cutoff.

    Backfills count for a backfill alone: they were never what people had. Empty when the run has not published.
    """
    with transaction(engine) as connection:
        publication = connection.execute(
            select(publications.c.id, publications.c.kind).where(publications.c.run_id == run_id)
        ).first()
        if publication is None:
            return []
        older = select(publications.c.run_id, publications.c.cutoff).where(
            publications.c.pipeline == pipeline_name, publications.c.id < publication.id
        )
        if publication.kind != "backfill":
            older = older.where(publications.c.kind != "backfill")
        rows = connection.execute(older.order_by(publications.c.id.desc()).limit(MOST_NIGHTS)).all()
    return [Night(row.run_id, row.cutoff) for row in rows]
