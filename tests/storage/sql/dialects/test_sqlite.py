"""SQLite's own ways: its transactions, its upserts, and which failures pass."""

import sqlite3

import pytest
from present import present
from sqlalchemy import Column, Integer, MetaData, Table, create_engine, text

from lstm.storage.sql.dialects.sqlite import SQLITE, begin_explicitly


@pytest.mark.parametrize(
    ("name", "passing"), [("SQLITE_BUSY_SNAPSHOT", True), ("SQLITE_CORRUPT", False), (None, False)]
)
def test_a_lock_passes_and_damage_stays(name, passing):
    error = sqlite3.OperationalError("no words are looked at")
    if name is not None:
        error.sqlite_errorname = name
    assert SQLITE.is_passing(error, sqlite3) is passing


def test_what_is_undone_takes_a_created_table_with_it():
    """Trap: the driver begins a transaction before the first change of rows only."""
    engine = create_engine("sqlite://")
    begin_explicitly(engine)
    with engine.connect() as connection:
        connection.execute(text("CREATE TABLE t (x INTEGER)"))
        connection.rollback()
        assert connection.scalar(text("SELECT count(*) FROM sqlite_master")) == 0


def test_an_upsert_without_columns_to_change_leaves_the_row_as_it_is():
    table = Table("t", MetaData(), Column("id", Integer, primary_key=True))
    statement = present(SQLITE.insert_or_update)(table, ["id"], [], []).values(id=1)
    engine = create_engine("sqlite://")
    with engine.connect() as connection:
        table.create(connection)
        for _ in range(2):
            connection.execute(statement)
        assert connection.execute(table.select()).all() == [(1,)]
