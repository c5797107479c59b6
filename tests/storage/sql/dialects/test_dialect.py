"""What holds of a kind of database that Nightcast does not know: it is read, and not written to."""

from datetime import UTC, date, datetime

import pytest
from sqlalchemy import Column, Integer, MetaData, Table, create_engine

from lstm.errors import StoreError
from lstm.storage.sql.dialects.dialect import SqlDialect
from lstm.storage.sql.upsert import insert_if_absent


def test_an_unknown_database_is_not_written_to():
    engine = create_engine("sqlite://")
    engine.dialect.name = "duckdb"
    table = Table("t", MetaData(), Column("id", Integer, primary_key=True))
    with engine.connect() as connection, pytest.raises(StoreError, match="of the kind 'duckdb' cannot be written to"):
        insert_if_absent(connection, table, {"id": 1})


def test_an_unknown_database_is_given_stamps_of_utc_without_a_zone():
    bind_time = SqlDialect("duckdb").bind_time
    assert bind_time("as_of", datetime(2024, 1, 31, 12, tzinfo=UTC)) == datetime(2024, 1, 31, 12)
    assert bind_time("horizon_end", date(2024, 1, 31)) == date(2024, 1, 31)
