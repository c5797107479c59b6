"""A store of an older schema, with what people have in it, is brought up to date and loses nothing."""

import sqlite3
from datetime import timedelta
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from nights import CONTRACT, NOW, forecast_rows, model_ref, publish_night, run_key, verdict_of
from present import present
from sqlalchemy import Column, inspect, select

from lstm.errors import StoreError
from lstm.storage.ledger.ledger import Ledger
from lstm.storage.registry.registry import Registry
from lstm.storage.sql.column_types import KeyText
from lstm.storage.sql.connections import STORE, connect, transaction
from lstm.storage.store import database
from lstm.storage.store.database import VERSION_TABLE, open_store, schema_change, upgrade_store, write_transaction
from lstm.storage.store.schema import (
    explanations,
    gate_scores,
    metadata,
    models,
    pipelines,
    promotions,
    publications,
    verdicts,
)

HEAD = database.migrations().get_current_head()
RUN = run_key().run_id


@pytest.fixture
def old_store(database_url):
    """Version 0001 with a model, its promotion, verdict and publication, as that Nightcast wrote them."""
    engine = connect(database_url, STORE)
    with schema_change(engine) as connection:
        config = database._alembic()
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
    model = model_ref("first").model_dump(include={"uri", "fingerprint", "trained_through", "served_through"})
    model |= {"contract": CONTRACT.model_dump_json(), "card": '{"name": "first"}', "registered_at": NOW}
    promotion = {"version": 1, "previous_version": None, "run_id": RUN, "who": "night", "why": "better"}
    publication = {"kind": "retrain", "cutoff": "2024-04-30", "rows": 4, "fingerprint": "f", "champion_version": 1}
    verdict = verdict_of(RUN, promote=True, challenger=1).model_dump_json(exclude={"promoted_version"})
    rows, ledger = forecast_rows(), Ledger(engine)
    ledger.prepare(rows.schema)
    with write_transaction(engine, "small") as connection:
        connection.execute(models.insert().values(pipeline="small", version=1, run_id=RUN, **model))
        connection.execute(pipelines.update().values(champion_version=1, contract=CONTRACT.model_dump_json()))
        connection.execute(promotions.insert().values(pipeline="small", promoted_at=NOW, **promotion))
        connection.execute(verdicts.insert().values(run_id=RUN, verdict=verdict, recorded_at=NOW))
        connection.execute(publications.insert().values(pipeline="small", run_id=RUN, published_at=NOW, **publication))
        ledger.replace_run(connection, RUN, "small", rows, NOW)
    yield engine
    engine.dispose()


def upgraded(database_url):
    """The store at the newest schema: SQLite by itself, a server after a person's word."""
    if not database_url.startswith("sqlite"):
        with pytest.raises(StoreError, match=rf"has version 0001, this Nightcast needs version {HEAD}; run: nightcast"):
            open_store(database_url)
        assert upgrade_store(database_url) == HEAD
    return open_store(database_url)


def test_a_store_at_0001_keeps_its_model_promotion_and_forecasts(old_store, database_url):
    """What was there is read as before, without lineage; the next night goes on from it."""
    store = upgraded(database_url)
    registry, ledger = Registry(store), Ledger(store)
    assert present(registry.champion("small")).version == 1
    assert present(registry.champion("small")).run_id == RUN
    assert registry.model("small", 1).contract == CONTRACT
    assert registry.card("small", 1) == {"name": "first"}
    assert registry.lineage("small", 1) is None
    assert present(registry.verdict(RUN)).promote
    assert [(change.who, change.why) for change in registry.promotions("small")] == [("night", "better")]
    assert ledger.current("small")["forecast"].to_pylist() == [101.0, 102.0, 101.0, 102.0]
    assert ledger.newest_run("small") == RUN
    with transaction(store) as connection:
        assert connection.execute(select(gate_scores)).all() == []
        context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE})
        differences = compare_metadata(context, metadata)
    assert [change for change in differences if "forecasts" not in str(change)] == []
    publish_night(store, forecast_rows(level=7.0), judged=1, now=NOW + timedelta(days=1))
    assert ledger.current("small")["forecast"].to_pylist() == [8.0, 9.0, 8.0, 9.0]
    store.dispose()


def test_the_copy_beside_an_upgraded_sqlite_store_is_the_old_one(old_store, database_url):
    """Whoever has to go back finds version 0001, with its rows."""
    if not database_url.startswith("sqlite"):
        pytest.skip("a server is backed up by those who run it")
    upgraded(database_url).dispose()
    path = Path(database_url.removeprefix("sqlite:///"))
    with sqlite3.connect(f"{path}.version-0001.backup") as copy:
        assert copy.execute(f"SELECT version_num FROM {VERSION_TABLE}").fetchall() == [("0001",)]
        assert copy.execute("SELECT version, run_id FROM models").fetchall() == [(1, RUN)]
        assert "settings" not in {column[1] for column in copy.execute("PRAGMA table_info(models)")}


def test_an_upgrade_that_was_interrupted_is_gone_on_with(old_store, database_url):
    """MariaDB commits at every change of a table, so a kill may leave some of the new columns."""
    from alembic.operations import Operations

    with schema_change(old_store) as connection:
        operations = Operations(MigrationContext.configure(connection))
        operations.add_column("models", Column("panel_fingerprint", KeyText(128)))
        explanations.create(connection)
    store = upgraded(database_url)
    assert Registry(store).lineage("small", 1) is None
    assert inspect(store).has_table("gate_scores")
    with transaction(store) as connection:
        assert connection.execute(select(explanations)).all() == []
    store.dispose()
