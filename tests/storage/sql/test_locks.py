"""A lock of a name ends with its transaction, however that ends."""

import pytest
from sqlalchemy import create_engine

import lstm.storage.sql.locks
from lstm.errors import SinkUnavailableError
from lstm.storage.sql.connections import SINK, connect, transaction
from lstm.storage.sql.dialects.known import dialect_of
from lstm.storage.sql.locks import hold


@pytest.mark.slow
@pytest.mark.parametrize("database_url", ["postgresql", "mariadb"], indirect=True)
def test_a_name_is_held_by_one_until_its_transaction_ends(database_url, monkeypatch):
    """Another name is free meanwhile; when the holder fails, so is this one."""
    monkeypatch.setattr(lstm.storage.sql.locks, "WAIT_SECONDS", 0)
    with pytest.raises(ZeroDivisionError):
        hold_and_fail(database_url)
    take(database_url, "table one")


def hold_and_fail(url):
    held = connect(url, SINK)
    try:
        with transaction(held, SINK, write=True) as holder:
            hold(holder, "table one", SINK)
            take(url, "table two")
            with pytest.raises(SinkUnavailableError):
                take(url, "table one")
            _ = 1 / 0
    finally:
        held.dispose()


def take(url, name):
    engine = connect(url, SINK)
    with transaction(engine, SINK, write=True) as connection:
        if dialect_of(engine).name == "postgresql":
            connection.exec_driver_sql("SET LOCAL lock_timeout = '1ms'")
        hold(connection, name, SINK)
    engine.dispose()


def test_sqlite_needs_no_lock_beside_its_own(tmp_path):
    """`BEGIN IMMEDIATE` keeps other writers out of the whole file."""
    engine = create_engine(f"sqlite:///{tmp_path / 'sink.db'}")
    with engine.begin() as connection:
        hold(connection, "table one", SINK)
    engine.dispose()
