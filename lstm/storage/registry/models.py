"""Versions of a pipeline: trained models and baselines, with where they come from."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, select

from lstm.config import Pipeline
from lstm.contestants import BASELINE_PREFIX, is_baseline, short_name
from lstm.errors import StoreError
from lstm.references import Contract, Lineage, ModelRef, VersionedModel
from lstm.storage.registry.promotions import champion_version, promotions_of
from lstm.storage.sql.connections import transaction
from lstm.storage.sql.fence import Fenced
from lstm.storage.sql.url import redacted
from lstm.storage.store.database import write_transaction
from lstm.storage.store.schema import models, promotions

_LINEAGE = ("panel_fingerprint", "windows_fingerprint", "settings", "code_version", "packages", "parent_version")


class RegisteredModel(VersionedModel):
    """A version of the registry. promoted_at: when it last became champion, None when it never did."""

    served_through: str
    registered_at: datetime
    promoted_at: datetime | None


@dataclass(frozen=True)
class ListedModel:
    """A version as a line of a listing. made_by: `trained`, or `baseline:NAME`."""

    version: int
    champion: bool
    made_by: str
    run_id: str
    trained_through: str
    registered_at: datetime
    promoted_at: datetime | None


@dataclass(frozen=True)
class Models(Fenced):
    """The versions in a store database."""

    def register_model(
        self,
        pipeline_name: str,
        run_id: str,
        model: ModelRef,
        contract: Contract,
        card: dict[str, Any],
        now: datetime,
        *,
        lineage: Lineage | None = None,
    ) -> int:
        """The model's version: the next number, or the one it got when the same run registered it before."""
        row = model.model_dump(include={"uri", "fingerprint", "trained_through", "served_through"})
        row |= {"run_id": run_id, "contract": contract.model_dump_json(), "card": json.dumps(card)}
        return self._register(pipeline_name, row | _lineage_row(lineage), now)

    def register_baseline(self, pipeline_name: str, name: str, contract: Contract, now: datetime) -> int:
        """A baseline's version; the same baseline with the same contract keeps the one it has.

        name: with or without `baseline:`.
        """
        uri = BASELINE_PREFIX + short_name(name)
        row = {"uri": uri, "fingerprint": uri, "run_id": "", "trained_through": "", "served_through": ""}
        return self._register(pipeline_name, row | {"contract": contract.model_dump_json(), "card": "{}"}, now)

    def _register(self, pipeline_name: str, row: dict[str, Any], now: datetime) -> int:
        with write_transaction(self.engine, pipeline_name) as connection:
            self.fence.inside(connection)
            version = known_version(connection, pipeline_name, row)
            if version is not None:
                return version
            version = newest_version(connection, pipeline_name) + 1
            connection.execute(
                models.insert().values(pipeline=pipeline_name, version=version, registered_at=now, **row)
            )
            return version

    def model(self, pipeline_name: str, version: int) -> RegisteredModel:
        """A version. Raises StoreError that lists the versions there are."""
        with transaction(self.engine) as connection:
            return registered_model(connection, pipeline_name, version)

    def card(self, pipeline_name: str, version: int) -> dict[str, Any]:
        """The card that a version was registered with. Raises StoreError when there is no such version."""
        with transaction(self.engine) as connection:
            card: dict[str, Any] = json.loads(model_row(connection, pipeline_name, version).card)
        return card

    def lineage(self, pipeline_name: str, version: int) -> Lineage | None:
        """Where a version comes from; None for a baseline, and where an older Nightcast registered it."""
        with transaction(self.engine) as connection:
            row = model_row(connection, pipeline_name, version)
        if row.settings is None:
            return None
        fields = {name: row._mapping[name] for name in _LINEAGE}
        return Lineage(**fields | {name: json.loads(fields[name]) for name in ("settings", "packages")})

    def models(self, pipeline_name: str) -> list[ListedModel]:
        """Every version, newest first."""
        query = select(models).where(models.c.pipeline == pipeline_name).order_by(models.c.version.desc())
        with transaction(self.engine) as connection:
            serving = champion_version(connection, pipeline_name)
            promoted = {
                change.version: change.promoted_at for change in reversed(promotions_of(connection, pipeline_name))
            }
            rows = connection.execute(query).all()
        return [_listed(row, row.version == serving, promoted.get(row.version)) for row in rows]


def known_version(connection: Connection, pipeline_name: str, row: dict[str, Any]) -> int | None:
    """The version that the very same model has already; None where it is new. row: as it would be registered."""
    equal = [models.c[name] == row[name] for name in ("run_id", "fingerprint", "contract")]
    version = connection.scalar(select(models.c.version).where(models.c.pipeline == pipeline_name, *equal))
    return int(version) if version is not None else None


def newest_version(connection: Connection, pipeline_name: str) -> int:
    """The highest version of a pipeline, 0 before the first."""
    return int(connection.scalar(select(func.max(models.c.version)).where(models.c.pipeline == pipeline_name)) or 0)


def model_row(connection: Connection, pipeline_name: str, version: int) -> Row[Any]:
    """A version's row. Raises StoreError that lists the versions there are."""
    row = connection.execute(
        select(models).where(models.c.pipeline == pipeline_name, models.c.version == version)
    ).first()
    if row is not None:
        return row
    versions = connection.scalars(
        select(models.c.version).where(models.c.pipeline == pipeline_name).order_by(models.c.version)
    )
    listed = ", ".join(f"v{existing}" for existing in versions) or "none"
    raise StoreError(f"{pipeline_name} has no model v{version}; there are: {listed}")


def registered_model(connection: Connection, pipeline_name: str, version: int) -> RegisteredModel:
    """A version with the time of its latest promotion. Raises StoreError that lists the versions there are."""
    row = model_row(connection, pipeline_name, version)
    latest = select(func.max(promotions.c.promoted_at)).where(
        promotions.c.pipeline == pipeline_name, promotions.c.version == version
    )
    fields = {name: value for name, value in row._mapping.items() if name in RegisteredModel.model_fields}
    contract = Contract.model_validate_json(row.contract)
    return RegisteredModel(**fields | {"contract": contract, "promoted_at": connection.scalar(latest)})


def _lineage_row(lineage: Lineage | None) -> dict[str, Any]:
    if lineage is None:
        return {}
    fields = lineage.model_dump(mode="json", include=set(_LINEAGE))
    return fields | {name: json.dumps(fields[name]) for name in ("settings", "packages")}


def _listed(row: Row[Any], champion: bool, promoted_at: datetime | None) -> ListedModel:
    return ListedModel(
        version=row.version,
        champion=champion,
        made_by=row.uri if is_baseline(row.uri) else "trained",
        run_id=row.run_id,
        trained_through=row.trained_through,
        registered_at=row.registered_at,
        promoted_at=promoted_at,
    )


def kept_settings(pipeline: Pipeline) -> dict[str, Any]:
    """The pipeline file as JSON. A URL that is written out is cut to its place; a reference to a secret stays."""
    settings = pipeline.model_dump(mode="json")
    for table in (settings["source"], settings["store"], *settings["sinks"]):
        if table.get("url") is not None:
            table["url"] = _shown(table["url"])
    return settings


def _shown(url: str) -> str:
    return url if url.startswith(("env:", "block:")) else redacted(url)
