"""Runs: which there were, and how they ended."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update

from lstm.errors import StoreError
from lstm.storage.sql.connections import transaction
from lstm.storage.sql.fence import Fenced
from lstm.storage.store.schema import runs

STATUSES = ("running", "published", "degraded", "refused", "failed", "dry", "cancelled", "crashed")


@dataclass(frozen=True)
class RunRecord:
    """A run. finished_at: when it last came to an end; None while its first attempt is under way or was interrupted."""

    run_id: str
    pipeline: str
    kind: str
    as_of: str
    status: str
    started_at: datetime
    finished_at: datetime | None
    owner: str | None
    lease_until: datetime | None
    exit_code: int | None
    sentence: str | None


@dataclass(frozen=True)
class RunRecords(Fenced):
    """The runs in a store database."""

    def runs(self, pipeline_name: str) -> list[RunRecord]:
        """Every run of a pipeline, the one that started last first."""
        with transaction(self.engine) as connection:
            query = select(runs).where(runs.c.pipeline == pipeline_name)
            rows = connection.execute(query.order_by(runs.c.started_at.desc(), runs.c.run_id.desc())).all()
        return [RunRecord(**row._mapping) for row in rows]

    def run(self, run_id: str) -> RunRecord | None:
        """One run, None when it is unknown."""
        with transaction(self.engine) as connection:
            row = connection.execute(select(runs).where(runs.c.run_id == run_id)).first()
        return RunRecord(**row._mapping) if row is not None else None

    def finish_run(self, run_id: str, status: str, exit_code: int, sentence: str, now: datetime) -> None:
        """Keeps how a run ended; one that was cancelled has not come to an end, and goes on where it stopped.

        Raises StoreError for a status that is not known or a run that never began.
        """
        if status not in STATUSES:
            raise StoreError(f"a run ends {', '.join(STATUSES[1:])}, not {status!r}")
        ending = {"status": status, "exit_code": exit_code, "sentence": sentence}
        if status != "cancelled":
            ending["finished_at"] = now
        with self.writing() as connection:
            if connection.execute(update(runs).where(runs.c.run_id == run_id).values(**ending)).rowcount == 0:
                raise StoreError(f"run {run_id} never began, so it cannot end; its caller has to own it first")
