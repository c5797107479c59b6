"""What a night left that anybody can see, without the times of writing; two nights that ended alike left the same."""

import hashlib
from dataclasses import asdict, dataclass, fields
from typing import Any

import pyarrow.csv as pa_csv
from faults.ground import Ground
from sqlalchemy import MetaData, Table, create_engine, select

from lstm.config import load_pipeline
from lstm.config.secrets import secret
from lstm.storage.ledger.ledger import Ledger
from lstm.storage.registry.registry import Registry
from lstm.storage.sql.url import beside
from lstm.storage.store.database import open_store, store_url
from lstm.storage.store.schema import deliveries, gate_scores, models, publications, runs

FILES = ("panel.parquet", "windows.parquet", "model/weights.safetensors", "model/model.json", "scores.parquet")


@dataclass(frozen=True)
class Left:
    """Of both nights: ledger, registry and sinks. files: SHA-256 of what the second night's steps left."""

    ledger: list[dict[str, Any]]
    current: list[dict[str, Any]]
    publications: list[tuple[Any, ...]]
    promotions: list[tuple[Any, ...]]
    models: list[tuple[Any, ...]]
    gates: list[tuple[Any, ...]]
    deliveries: list[tuple[Any, ...]]
    runs: list[tuple[Any, ...]]
    file: list[dict[str, Any]]
    warehouse: list[tuple[Any, ...]]
    files: dict[str, str]

    def differences(self, other: "Left") -> list[str]:
        """Names of what is not the same."""
        before, after = asdict(self), asdict(other)
        return [part.name for part in fields(self) if before[part.name] != after[part.name]]


def left(ground: Ground) -> Left:
    """What is there now."""
    settings = load_pipeline(ground.pipeline)
    engine = open_store(store_url(settings.store, ground.folder))
    ledger, registry = Ledger(engine, settings.store.forecasts_table), Registry(engine)
    rows = [row for run in registry.runs(settings.name) for row in ledger.run_rows(run.run_id).to_pylist()]
    changes = registry.promotions(settings.name)
    published = (
        publications.c.run_id,
        publications.c.rows,
        publications.c.fingerprint,
        publications.c.champion_version,
    )
    with engine.connect() as connection:

        def all_of(table: Table, *columns: Any) -> list[tuple[Any, ...]]:
            return sorted(tuple(row) for row in connection.execute(select(*columns).select_from(table)))

        return Left(
            ledger=[_timeless(row) for row in rows],
            current=[_timeless(row) for row in ledger.current(settings.name).to_pylist()],
            publications=all_of(publications, *published),
            promotions=[(change.version, change.previous_version, change.run_id, change.why) for change in changes],
            models=all_of(models, models.c.version, models.c.run_id, models.c.fingerprint),
            gates=all_of(gate_scores, gate_scores.c.run_id, gate_scores.c.position, gate_scores.c.reason),
            deliveries=all_of(
                deliveries, deliveries.c.run_id, deliveries.c.sink, deliveries.c.rows, deliveries.c.delivered
            ),
            runs=all_of(runs, runs.c.run_id, runs.c.status, runs.c.exit_code, runs.c.sentence),
            file=_rows_of_file(ground),
            warehouse=_table(ground),
            files={name: _digest(ground.run_folder / name) for name in FILES},
        )


def _timeless(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name != "written_at"}


def _digest(path: Any) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.exists() else "missing"


def _rows_of_file(ground: Ground) -> list[dict[str, Any]]:
    return [_timeless(row) for row in pa_csv.read_csv(ground.folder / "out.csv").to_pylist()]


def _table(ground: Ground) -> list[tuple[Any, ...]]:
    """The warehouse's rows, less the time of writing."""
    sink = load_pipeline(ground.pipeline).sinks[1]
    assert sink.url is not None
    assert sink.table is not None
    engine = create_engine(beside(secret(sink.url), ground.folder))
    with engine.connect() as connection:
        plan = Table(sink.table, MetaData(), autoload_with=connection)
        kept = [column for column in plan.columns if column.name != "written_at"]
        return sorted(tuple(row) for row in connection.execute(select(*kept)))
