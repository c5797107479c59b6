"""The registry: models, who served when and why, runs, verdicts and deliveries."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, Row, Select, func, select, update

from lstm.errors import ConfigError, StoreError
from lstm.references import Champion, Contract, ModelRef, Receipt, Verdict, VersionedModel
from lstm.storage.connect import transaction
from lstm.storage.database import write_transaction
from lstm.storage.schema import deliveries, models, pipelines, promotions, runs, verdicts
from lstm.storage.upsert import insert_or_replace

STATUSES = ("running", "published", "degraded", "refused", "failed")


class RegisteredModel(VersionedModel):
    """A model of the registry. promoted_at: when it last became champion, None when it never did."""

    served_through: str
    registered_at: datetime
    promoted_at: datetime | None


@dataclass(frozen=True)
class ListedModel:
    """A model as a line of a listing."""

    version: int
    champion: bool
    run_id: str
    trained_through: str
    registered_at: datetime
    promoted_at: datetime | None


@dataclass(frozen=True)
class Promotion:
    """A change of champion. version: None where there is none from then on. run_id: None when a person did it."""

    version: int | None
    previous_version: int | None
    run_id: str | None
    who: str
    why: str
    promoted_at: datetime


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


class Registry:
    """Reads and changes the registry of a store database. Each method is a transaction of its own."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def register_model(
        self, pipeline: str, run_id: str, model: ModelRef, contract: Contract, card: dict[str, Any], now: datetime
    ) -> int:
        """The model's version: the next number, or the one it got when the same run registered it before."""
        same = (models.c.pipeline == pipeline, models.c.run_id == run_id, models.c.fingerprint == model.fingerprint)
        with write_transaction(self.engine, pipeline) as connection:
            known = connection.scalar(select(models.c.version).where(*same))
            if known is not None:
                return int(known)
            newest = connection.scalar(select(func.max(models.c.version)).where(models.c.pipeline == pipeline))
            version = (newest or 0) + 1
            row = model.model_dump(include={"uri", "fingerprint", "trained_through", "served_through"})
            row |= {"contract": contract.model_dump_json(), "card": json.dumps(card), "registered_at": now}
            connection.execute(models.insert().values(pipeline=pipeline, version=version, run_id=run_id, **row))
            return version

    def champion(self, pipeline: str) -> Champion | None:
        """The model that serves now."""
        with transaction(self.engine) as connection:
            return _champion(connection, pipeline, champion_version(connection, pipeline))

    def champion_on(self, pipeline: str, moment: datetime) -> Champion | None:
        """The model that served at a moment."""
        latest = _promotions(pipeline).where(promotions.c.promoted_at <= moment)
        with transaction(self.engine) as connection:
            row = connection.execute(
                latest.order_by(promotions.c.promoted_at.desc(), promotions.c.id.desc()).limit(1)
            ).first()
            return _champion(connection, pipeline, row.version if row is not None else None, moment)

    def model(self, pipeline: str, version: int) -> RegisteredModel:
        """A version. Raises StoreError that lists the versions there are."""
        with transaction(self.engine) as connection:
            return _model(connection, pipeline, version)

    def card(self, pipeline: str, version: int) -> dict[str, Any]:
        """The card that a version was registered with. Raises StoreError when there is no such version."""
        self.model(pipeline, version)
        query = select(models.c.card).where(models.c.pipeline == pipeline, models.c.version == version)
        with transaction(self.engine) as connection:
            card: dict[str, Any] = json.loads(connection.execute(query).scalar_one())
        return card

    def models(self, pipeline: str) -> list[ListedModel]:
        """Every version, newest first."""
        with transaction(self.engine) as connection:
            serving = champion_version(connection, pipeline)
            promoted = {
                row.version: row.promoted_at
                for row in connection.execute(_promotions(pipeline).order_by(promotions.c.id))
            }
            rows = connection.execute(
                select(models).where(models.c.pipeline == pipeline).order_by(models.c.version.desc())
            ).all()
        return [
            ListedModel(
                version=row.version,
                champion=row.version == serving,
                run_id=row.run_id,
                trained_through=row.trained_through,
                registered_at=row.registered_at,
                promoted_at=promoted.get(row.version),
            )
            for row in rows
        ]

    def promotions(self, pipeline: str) -> list[Promotion]:
        """Every change of champion, newest first."""
        with transaction(self.engine) as connection:
            rows = connection.execute(_promotions(pipeline).order_by(promotions.c.id.desc())).all()
        return [
            Promotion(row.version, row.previous_version, row.run_id, row.who, row.why, row.promoted_at) for row in rows
        ]

    def set_champion(
        self, pipeline: str, version: int, *, who: str, why: str, now: datetime, run_id: str | None = None
    ) -> Champion:
        """Makes a version champion by a person's word; one that is champion already stays so.

        Raises StoreError for an unknown version, ConfigError without a reason.
        """
        if not why.strip():
            raise ConfigError(f"a reason is needed to make v{version} champion; say it with --why")
        with write_transaction(self.engine, pipeline) as connection:
            _model(connection, pipeline, version)
            promote(connection, pipeline, version, run_id=run_id, who=who, why=why, now=now)
            champion = _champion(connection, pipeline, version)
        assert champion is not None
        return champion

    def rollback_target(self, pipeline: str) -> int:
        """The version that served before the champion. Versions that were rolled back from do not count.

        Raises StoreError when there is none.
        """
        served: list[int | None] = []
        for promotion in reversed(self.promotions(pipeline)):
            # Going back to a version leaves what came after it behind.
            if promotion.version in served:
                del served[served.index(promotion.version) :]
            served.append(promotion.version)
        before = [version for version in served[:-1] if version is not None]
        if not before:
            versions = ", ".join(f"v{model.version}" for model in self.models(pipeline)) or "none"
            raise StoreError(
                f"no version of {pipeline} served before the champion (there are: {versions}); "
                "name one: nightcast models promote PIPELINE.toml VERSION --why REASON"
            )
        return before[-1]

    def record_verdict(self, verdict: Verdict, now: datetime) -> None:
        """Keeps a run's verdict; a later one of the same run replaces it."""
        with transaction(self.engine, write=True) as connection:
            keep_verdict(connection, verdict, now)

    def verdict(self, run_id: str) -> Verdict | None:
        """The verdict of a run, None when there is none."""
        with transaction(self.engine) as connection:
            text = connection.scalar(select(verdicts.c.verdict).where(verdicts.c.run_id == run_id))
        return Verdict.model_validate_json(text) if text is not None else None

    def runs(self, pipeline: str) -> list[RunRecord]:
        """Every run of a pipeline, the one that started last first."""
        with transaction(self.engine) as connection:
            query = select(runs).where(runs.c.pipeline == pipeline)
            rows = connection.execute(query.order_by(runs.c.started_at.desc(), runs.c.run_id.desc())).all()
        return [RunRecord(**row._mapping) for row in rows]

    def run(self, run_id: str) -> RunRecord | None:
        """One run, None when it is unknown."""
        with transaction(self.engine) as connection:
            row = connection.execute(select(runs).where(runs.c.run_id == run_id)).first()
        return RunRecord(**row._mapping) if row is not None else None

    def finish_run(self, run_id: str, status: str, exit_code: int, sentence: str, now: datetime) -> None:
        """Keeps how a run ended. Raises StoreError for a status that is not known or a run that never began."""
        if status not in STATUSES:
            raise StoreError(f"a run ends {', '.join(STATUSES[1:])}, not {status!r}")
        ending = {"status": status, "exit_code": exit_code, "sentence": sentence, "finished_at": now}
        with transaction(self.engine, write=True) as connection:
            if connection.execute(update(runs).where(runs.c.run_id == run_id).values(**ending)).rowcount == 0:
                raise StoreError(f"run {run_id} never began, so it cannot end; take its lease first")

    def record_delivery(self, run_id: str, receipt: Receipt, now: datetime) -> None:
        """Keeps the receipt of a delivery; a later one of the same run and sink replaces it."""
        with transaction(self.engine, write=True) as connection:
            row = receipt.model_dump() | {"run_id": run_id, "delivered_at": now}
            insert_or_replace(connection, deliveries, row)

    def pending_deliveries(self, run_id: str) -> list[str]:
        """Names of the sinks that have not got a run's rows."""
        query = select(deliveries.c.sink).where(deliveries.c.run_id == run_id, deliveries.c.delivered.is_(False))
        with transaction(self.engine) as connection:
            return list(connection.scalars(query.order_by(deliveries.c.sink)))


def prune_candidates(engine: Engine, pipeline: str, keep_runs: int) -> list[str]:
    """Runs that may go: ended, nobody's, older than the `keep_runs` that ended last, no model of theirs promoted."""
    promoted = (
        select(models.c.run_id)
        .join(promotions, (promotions.c.pipeline == models.c.pipeline) & (promotions.c.version == models.c.version))
        .where(models.c.pipeline == pipeline)
    )
    ended = select(runs.c.run_id, runs.c.owner).where(runs.c.pipeline == pipeline, runs.c.finished_at.is_not(None))
    with transaction(engine) as connection:
        spared = set(connection.scalars(promoted))
        newest_first = connection.execute(ended.order_by(runs.c.finished_at.desc(), runs.c.run_id.desc())).all()
    return [row.run_id for row in newest_first[keep_runs:] if row.owner is None and row.run_id not in spared]


def champion_version(connection: Connection, pipeline: str) -> int | None:
    """Version of the champion, None when there is none."""
    version: int | None = connection.scalar(select(pipelines.c.champion_version).where(pipelines.c.name == pipeline))
    return version


def last_promotion_by(connection: Connection, pipeline: str) -> str | None:
    """The run of the pipeline's latest change of champion; None when a person did it or there was none."""
    row = connection.execute(_promotions(pipeline).order_by(promotions.c.id.desc()).limit(1)).first()
    return row.run_id if row is not None else None


def promote(
    connection: Connection, pipeline: str, version: int, *, run_id: str | None, who: str, why: str, now: datetime
) -> None:
    """Makes a version champion, in a transaction that has locked the pipeline. Nothing happens when it is already."""
    previous = champion_version(connection, pipeline)
    if previous == version:
        return
    change = {
        "version": version,
        "previous_version": previous,
        "run_id": run_id,
        "who": who,
        "why": why,
        "promoted_at": now,
    }
    connection.execute(promotions.insert().values(pipeline=pipeline, **change))
    connection.execute(update(pipelines).where(pipelines.c.name == pipeline).values(champion_version=version))


def keep_verdict(connection: Connection, verdict: Verdict, now: datetime) -> None:
    """Keeps a verdict, in the caller's transaction."""
    row = {"run_id": verdict.run_id, "verdict": verdict.model_dump_json(), "recorded_at": now}
    insert_or_replace(connection, verdicts, row)


def _promotions(pipeline: str) -> Select[Any]:
    return select(promotions).where(promotions.c.pipeline == pipeline)


def _model(connection: Connection, pipeline: str, version: int, moment: datetime | None = None) -> RegisteredModel:
    """A version with the time of its latest promotion, up to a moment if one is given."""
    row = connection.execute(select(models).where(models.c.pipeline == pipeline, models.c.version == version)).first()
    if row is None:
        versions = connection.scalars(
            select(models.c.version).where(models.c.pipeline == pipeline).order_by(models.c.version)
        )
        listed = ", ".join(f"v{known}" for known in versions) or "none"
        raise StoreError(f"{pipeline} has no model v{version}; there are: {listed}")
    latest = select(func.max(promotions.c.promoted_at)).where(
        promotions.c.pipeline == pipeline, promotions.c.version == version
    )
    if moment is not None:
        latest = latest.where(promotions.c.promoted_at <= moment)
    return _registered(row, connection.scalar(latest))


def _registered(row: Row[Any], promoted_at: datetime | None) -> RegisteredModel:
    fields = {name: value for name, value in row._mapping.items() if name in RegisteredModel.model_fields}
    return RegisteredModel(
        **fields | {"contract": Contract.model_validate_json(row.contract), "promoted_at": promoted_at}
    )


def _champion(
    connection: Connection, pipeline: str, version: int | None, moment: datetime | None = None
) -> Champion | None:
    if version is None:
        return None
    model = _model(connection, pipeline, version, moment)
    return Champion.model_validate(model.model_dump(include=set(Champion.model_fields)))
