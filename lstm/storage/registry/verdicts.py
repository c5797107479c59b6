"""Verdicts: what the gates of each run decided, whole and as a row a gate and segment."""

import math
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, select

from lstm.data.frequency.as_of import not_later
from lstm.references import GateOutcome, Verdict
from lstm.storage.registry.promotions import champion_version, last_promotion
from lstm.storage.sql.connections import transaction
from lstm.storage.sql.upsert import insert_or_replace
from lstm.storage.store.schema import gate_scores, publications, runs, verdicts


@dataclass(frozen=True)
class Verdicts:
    """The verdicts in a store database."""

    engine: Engine

    def verdict(self, run_id: str) -> Verdict | None:
        """The verdict of a run, None when there is none."""
        with transaction(self.engine) as connection:
            return verdict_of(connection, run_id)

    def newest_scores(self, pipeline_name: str, as_of: str | None = None) -> Verdict | None:
        """The verdict with scores of the newest published retrain run: by cutoff, then by publication.

        as_of: runs of a later one do not count (see `RunKey.as_of`), nor those of another kind of grid.
        """
        query = select(publications.c.run_id, publications.c.cutoff, publications.c.id, runs.c.as_of)
        query = query.outerjoin(runs, runs.c.run_id == publications.c.run_id)
        query = query.where(publications.c.pipeline == pipeline_name, publications.c.kind == "retrain")
        with transaction(self.engine) as connection:
            published = [row for row in connection.execute(query) if as_of is None or _known_by(row.as_of, as_of)]
            for row in sorted(published, key=lambda row: (_in_time(row.cutoff), row.id), reverse=True):
                verdict = verdict_of(connection, row.run_id)
                if verdict is not None and verdict.scores:
                    return verdict
        return None

    def standing_promotion(self, pipeline_name: str, run_id: str, version: int) -> Verdict | None:
        """The verdict by which this very run made `version` champion, while it still is; None otherwise.

        Such a run is not judged anew, for it could only be compared with itself.
        """
        with transaction(self.engine) as connection:
            change = last_promotion(connection, pipeline_name)
            if change is None or change.run_id != run_id or champion_version(connection, pipeline_name) != version:
                return None
            return verdict_of(connection, run_id)


def verdict_of(connection: Connection, run_id: str) -> Verdict | None:
    """The verdict of a run, in the caller's transaction."""
    text = connection.scalar(select(verdicts.c.verdict).where(verdicts.c.run_id == run_id))
    return Verdict.model_validate_json(text) if text is not None else None


def keep_verdict(connection: Connection, verdict: Verdict, now: datetime) -> None:
    """Keeps a verdict and a row of each of its gates, in the caller's transaction."""
    row = {"run_id": verdict.run_id, "verdict": verdict.model_dump_json(), "recorded_at": now}
    insert_or_replace(connection, verdicts, row)
    connection.execute(gate_scores.delete().where(gate_scores.c.run_id == verdict.run_id))
    rows = [_gate_row(verdict.run_id, position, outcome) for position, outcome in enumerate(verdict.gates)]
    if rows:
        connection.execute(gate_scores.insert(), rows)


def _gate_row(run_id: str, position: int, outcome: GateOutcome) -> dict[str, Any]:
    numbers = {name: _finite(getattr(outcome, name)) for name in ("observed", "reference", "low", "high")}
    texts = outcome.model_dump(include={"segment", "metric", "passed", "threshold", "reason"})
    return {"run_id": run_id, "position": position, "gate": outcome.name} | texts | numbers


def _finite(value: float | None) -> float | None:
    """MariaDB keeps neither NaN nor infinity."""
    return value if value is not None and math.isfinite(value) else None


def _known_by(run_as_of: str | None, as_of: str) -> bool:
    return run_as_of is not None and not_later(run_as_of, as_of)


def _in_time(cutoff: str) -> tuple[int, str]:
    """Integer steps by their number; dates and instants, all of one form, by their text."""
    digits = cutoff.removeprefix("-").isdigit()
    return (int(cutoff), "") if digits else (0, cutoff)
