"""Changes of champion: the log of who became it, when, by whom and why. The newest entry is who serves."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Row, select, update

from lstm.errors import ConfigError
from lstm.storage.store.schema import pipelines, promotions


@dataclass(frozen=True)
class Promotion:
    """A change of champion. version: None where there is none from then on. run_id: None when a person did it."""

    version: int | None
    previous_version: int | None
    run_id: str | None
    who: str
    why: str
    promoted_at: datetime


def champion_version(connection: Connection, pipeline_name: str) -> int | None:
    """Version of the champion, None when there is none."""
    version: int | None = connection.scalar(
        select(pipelines.c.champion_version).where(pipelines.c.name == pipeline_name)
    )
    return version


def promotions_of(connection: Connection, pipeline_name: str) -> list[Promotion]:
    """Every change of champion, newest first."""
    query = select(promotions).where(promotions.c.pipeline == pipeline_name).order_by(promotions.c.id.desc())
    return [_promotion(row) for row in connection.execute(query)]


def last_promotion(connection: Connection, pipeline_name: str) -> Promotion | None:
    """The latest change of champion."""
    query = select(promotions).where(promotions.c.pipeline == pipeline_name)
    row = connection.execute(query.order_by(promotions.c.id.desc()).limit(1)).first()
    return _promotion(row) if row is not None else None


def promote(
    connection: Connection, pipeline_name: str, version: int, *, run_id: str | None, who: str, why: str, now: datetime
) -> None:
    """Makes a version champion, in a transaction that has locked the pipeline. Nothing happens when it is already.

    Raises ConfigError without a reason.
    """
    if not why.strip():
        raise ConfigError(f"a reason is needed to make v{version} champion; say it with --why")
    previous = champion_version(connection, pipeline_name)
    if previous == version:
        return
    change = {
        "version": version,
        "previous_version": previous,
        "run_id": run_id,
        "who": who,
        "why": why.strip(),
        "promoted_at": now,
    }
    connection.execute(promotions.insert().values(pipeline=pipeline_name, **change))
    connection.execute(update(pipelines).where(pipelines.c.name == pipeline_name).values(champion_version=version))


def _promotion(row: Row[tuple[object, ...]]) -> Promotion:
    return Promotion(row.version, row.previous_version, row.run_id, row.who, row.why, row.promoted_at)
