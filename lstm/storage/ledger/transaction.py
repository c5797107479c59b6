"""Publication: promotion, verdict, ledger rows and pending deliveries, in one transaction or not at all."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pyarrow as pa
import pyarrow.csv as pa_csv
from sqlalchemy import Connection, select, update

from lstm.errors import ChampionChangedError, StoreError
from lstm.references import Contract, Publication, RunKey, Verdict
from lstm.storage.ledger.ledger import Ledger
from lstm.storage.registry.champions import Check
from lstm.storage.registry.models import registered_model
from lstm.storage.registry.promotions import champion_version, last_promotion, promote
from lstm.storage.registry.verdicts import keep_verdict
from lstm.storage.sql.bulk import BATCH_ROWS
from lstm.storage.sql.fence import OPEN, Fence
from lstm.storage.sql.upsert import insert_if_absent
from lstm.storage.store.database import write_transaction
from lstm.storage.store.schema import deliveries, pipelines, publications, verdicts


@dataclass(frozen=True)
class Submission:
    """What a run submits for publication.

    cutoff: the panel's, as text. rows: forecasts, as forecasting writes them. sinks: names of those that get the rows.
    fence: keeps out a process that has lost the run.
    """

    key: RunKey
    verdict: Verdict
    contract: Contract
    cutoff: str
    rows: pa.Table
    sinks: tuple[str, ...] = ()
    fence: Fence = OPEN


def publish(
    ledger: Ledger, submission: Submission, *, who: str, now: datetime, check: Check | None = None
) -> Publication:
    """Publishes a run; again with equal rows it changes nothing, with other rows it becomes the latest publication.

    Raises ChampionChangedError when another champion serves by now than the verdict saw, EvaluationError or StoreError
    when the rows cannot be published. A crash leaves the old state or the new.
    check: raises when the version that is promoted cannot serve; asked while nobody else can promote or prune.
    """
    rows, run_id = submission.rows, submission.key.run_id
    version = promoted_version(submission.verdict)
    ledger.check(rows, ledger.prepare(rows.schema))
    fingerprint = _fingerprint(rows)
    with write_transaction(ledger.engine, submission.key.pipeline) as connection:
        submission.fence.inside(connection)
        published_at = _published_at(connection, ledger, run_id, fingerprint, len(rows))
        # A repeat decides nothing anew: the champion of today is not judged by a night that is over.
        if published_at is None or not _decided(connection, submission.verdict):
            _decide(connection, submission, version, who=who, now=now, check=check)
        serving = champion_version(connection, submission.key.pipeline)
        if published_at is None:
            published_at = now
            _replace_rows(connection, ledger, submission, fingerprint, serving, now)
        for sink in submission.sinks:
            pending: dict[str, Any] = {"run_id": run_id, "sink": sink, "rows": 0, "delivered": False, "message": ""}
            insert_if_absent(connection, deliveries, pending)
    return Publication(
        run_id=run_id,
        rows=len(rows),
        champion_version=serving,
        promoted=submission.verdict.promote,
        published_at=published_at,
    )


def _decide(
    connection: Connection,
    submission: Submission,
    version: int | None,
    *,
    who: str,
    now: datetime,
    check: Check | None,
) -> None:
    """Makes a version champion, unless it is None, and keeps the verdict and the contract."""
    key, verdict = submission.key, submission.verdict
    _check_champion(connection, key, version, verdict.champion_seen)
    if version is not None:
        if check is not None:
            check(registered_model(connection, key.pipeline, version))
        promote(connection, key.pipeline, version, run_id=key.run_id, who=who, why=verdict.sentence, now=now)
    keep_verdict(connection, verdict, now)
    contract = submission.contract.model_dump_json()
    connection.execute(update(pipelines).where(pipelines.c.name == key.pipeline).values(contract=contract))


def _replace_rows(
    connection: Connection, ledger: Ledger, submission: Submission, fingerprint: str, serving: int | None, now: datetime
) -> None:
    """Puts the rows in the place of those that the run published before, as the newest publication of all."""
    key, rows = submission.key, submission.rows
    ledger.replace_run(connection, key.run_id, key.pipeline, rows, now)
    connection.execute(publications.delete().where(publications.c.run_id == key.run_id))
    publication = {
        "pipeline": key.pipeline,
        "run_id": key.run_id,
        "kind": key.kind,
        "cutoff": submission.cutoff,
        "rows": len(rows),
        "fingerprint": fingerprint,
        "champion_version": serving,
        "published_at": now,
    }
    connection.execute(publications.insert().values(**publication))
    connection.execute(deliveries.delete().where(deliveries.c.run_id == key.run_id))


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
    by_this_run = last is not None and last.run_id == key.run_id
    if promoted is None or serving != promoted or not by_this_run:
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


def _published_at(connection: Connection, ledger: Ledger, run_id: str, fingerprint: str, count: int) -> datetime | None:
    """When these very rows were published, None when they were not or are no longer all there."""
    query = select(publications.c.published_at).where(
        publications.c.run_id == run_id, publications.c.fingerprint == fingerprint
    )
    published_at: datetime | None = connection.scalar(query)
    if published_at is None or ledger.count(connection, run_id) != count:
        return None
    return published_at


def _fingerprint(rows: pa.Table) -> str:
    """SHA-256 of the rows as text, which does not depend on how Arrow lays them out in memory."""
    digest = hashlib.sha256()
    for place, batch in enumerate(rows.to_batches(max_chunksize=BATCH_ROWS) or [rows.slice(0, 0)]):
        text = pa.BufferOutputStream()
        pa_csv.write_csv(batch, text, pa_csv.WriteOptions(include_header=place == 0))
        digest.update(text.getvalue())
    return digest.hexdigest()
