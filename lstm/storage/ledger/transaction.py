"""Publication: promotion, verdict, ledger rows and pending deliveries, in one transaction or not at all."""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import pyarrow as pa
import pyarrow.csv as pa_csv
from sqlalchemy import Connection, Engine, select, update

from lstm.errors import ChampionChangedError, StoreError
from lstm.references import Contract, Publication, RunKey, Verdict
from lstm.storage.ledger.ledger import Ledger
from lstm.storage.registry.champions import Check
from lstm.storage.registry.models import registered_model
from lstm.storage.registry.promotions import champion_version, last_promotion, promote
from lstm.storage.registry.verdicts import keep_verdict
from lstm.storage.sql.upsert import insert_if_absent
from lstm.storage.store.database import write_transaction
from lstm.storage.store.schema import deliveries, pipelines, publications, verdicts


def publish(
    engine: Engine,
    ledger: Ledger,
    *,
    key: RunKey,
    verdict: Verdict,
    contract: Contract,
    cutoff: str,
    champion_judged: int | None,
    rows: pa.Table,
    who: str,
    now: datetime,
    why: str,
    sinks: Sequence[str] = (),
    check: Check | None = None,
) -> Publication:
    """Publishes a run; again with equal rows it changes nothing, with other rows it becomes the latest publication.

    champion_judged: the champion that the verdict was reached against. Raises ChampionChangedError when another serves
    by now, EvaluationError or StoreError when the rows cannot be published. A crash leaves the old state or the new.
    check: raises when the version that is promoted cannot serve; asked while nobody else can promote or prune.
    """
    promoted = promoted_version(verdict)
    layout = ledger.prepare(rows.schema)
    ledger.check(rows, layout)
    mark = _fingerprint(rows)
    with write_transaction(engine, key.pipeline) as connection:
        published_at = _standing(connection, ledger, key.run_id, mark, len(rows))
        # A repeat decides nothing anew: the champion of today is not judged by a night that is over.
        if published_at is None or not _decided(connection, verdict):
            _check_champion(connection, key, promoted, champion_judged)
            if promoted is not None:
                if check is not None:
                    check(registered_model(connection, key.pipeline, promoted))
                promote(connection, key.pipeline, promoted, run_id=key.run_id, who=who, why=why, now=now)
            keep_verdict(connection, verdict, now)
            agreed = update(pipelines).where(pipelines.c.name == key.pipeline)
            connection.execute(agreed.values(contract=contract.model_dump_json()))
        serving = champion_version(connection, key.pipeline)
        if published_at is None:
            published_at = now
            ledger.replace_run(connection, key.run_id, key.pipeline, rows, now)
            connection.execute(publications.delete().where(publications.c.run_id == key.run_id))
            stored = {
                "kind": key.kind,
                "cutoff": cutoff,
                "rows": len(rows),
                "fingerprint": mark,
                "champion_version": serving,
            }
            row = {"pipeline": key.pipeline, "run_id": key.run_id, "published_at": now, **stored}
            connection.execute(publications.insert().values(**row))
            connection.execute(deliveries.delete().where(deliveries.c.run_id == key.run_id))
        for sink in sinks:
            pending: dict[str, Any] = {"run_id": key.run_id, "sink": sink, "rows": 0, "delivered": False, "message": ""}
            insert_if_absent(connection, deliveries, pending)
    return Publication(
        run_id=key.run_id,
        rows=len(rows),
        champion_version=serving,
        promoted=verdict.promote,
        published_at=published_at,
    )


def promoted_version(verdict: Verdict) -> int | None:
    """The version that a verdict makes champion, None when it promotes none."""
    if not verdict.promote:
        return None
    version = verdict.challenger_version if verdict.promoted_version is None else verdict.promoted_version
    if version is None:
        raise StoreError(f"the verdict of {verdict.run_id} promotes what has no version; register it first")
    return version


def _check_champion(connection: Connection, key: RunKey, promoted: int | None, judged: int | None) -> None:
    serving = champion_version(connection, key.pipeline)
    if serving == judged:
        return
    last = last_promotion(connection, key.pipeline)
    own_promotion = last is not None and last.run_id == key.run_id
    if promoted is None or serving != promoted or not own_promotion:
        raise ChampionChangedError(
            f"the verdict of {key.run_id} was reached against {_label(judged)}, and by now {_label(serving)} serves "
            f"{key.pipeline}"
        )


def _decided(connection: Connection, verdict: Verdict) -> bool:
    """Whether this very verdict has been acted upon."""
    text = connection.scalar(select(verdicts.c.verdict).where(verdicts.c.run_id == verdict.run_id))
    return bool(text == verdict.model_dump_json())


def _label(version: int | None) -> str:
    return "no champion" if version is None else f"v{version}"


def _standing(connection: Connection, ledger: Ledger, run_id: str, mark: str, count: int) -> datetime | None:
    """When these very rows were published, None when they were not or are no longer all there."""
    query = select(publications.c.published_at).where(
        publications.c.run_id == run_id, publications.c.fingerprint == mark
    )
    published_at: datetime | None = connection.scalar(query)
    if published_at is None or ledger.count(connection, run_id) != count:
        return None
    return published_at


def _fingerprint(rows: pa.Table) -> str:
    """SHA-256 of the rows as text, which does not depend on how Arrow lays them out in memory."""
    text = pa.BufferOutputStream()
    pa_csv.write_csv(rows, text)
    return hashlib.sha256(text.getvalue()).hexdigest()
