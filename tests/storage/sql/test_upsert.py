"""Upserts leave one row a key, whatever the database and however the rows come."""

from datetime import UTC, datetime

import pyarrow as pa
import pytest
from sqlalchemy import BigInteger, Column, Double, MetaData, Table, select

from lstm.storage.sql.arrow_rows import arrow_rows
from lstm.storage.sql.column_types import KeyText, UtcDateTime
from lstm.storage.sql.connections import STORE, connect, transaction
from lstm.storage.sql.upsert import insert_if_absent, insert_or_replace, upsert_rows

SALES = Table(
    "Sales of the shop",
    MetaData(),
    Column("shop", KeyText(20), primary_key=True),
    Column("order", BigInteger, primary_key=True, autoincrement=False),
    Column("units", Double),
    Column("at", UtcDateTime),
)
SCHEMA = pa.schema(
    [("shop", pa.string()), ("order", pa.int64()), ("units", pa.float64()), ("at", pa.timestamp("us", tz="UTC"))]
)
NOON = datetime(2024, 1, 31, 12, tzinfo=UTC)


@pytest.fixture
def engine(database_url):
    engine = connect(database_url, STORE)
    with transaction(engine, write=True) as connection:
        SALES.create(connection)
    yield engine
    engine.dispose()


def sales(*rows):
    return pa.table(list(map(list, zip(*rows, strict=True))), schema=SCHEMA)


def test_a_row_of_a_known_key_is_replaced_and_others_are_added(engine):
    """Law: text is compared by its bytes, NULL and empty text are two things, and names may be reserved words."""
    first = sales(("a", 1, 1.0, NOON), ("A", 1, 2.0, None), ("", 2, None, NOON))
    second = sales(("a", 1, 3.0, None), ("a", 2, 4.0, NOON))
    with transaction(engine, write=True) as connection:
        for rows in (first, second):
            upsert_rows(connection, SALES, rows, ["shop", "order"])
    stored = arrow_rows(engine, select(SALES), SCHEMA)
    assert sorted(tuple(row.values()) for row in stored.to_pylist()) == [
        ("", 2, None, NOON),
        ("A", 1, 2.0, None),
        ("a", 1, 3.0, None),
        ("a", 2, 4.0, NOON),
    ]


def test_a_row_is_inserted_if_absent_or_replaced(engine):
    keep, replace = ({"shop": "a", "order": 1, "units": units, "at": None} for units in (1.0, 2.0))
    units = select(SALES.c.units)
    with transaction(engine, write=True) as connection:
        for _ in range(2):
            insert_if_absent(connection, SALES, keep)
        insert_if_absent(connection, SALES, replace)
        assert connection.scalars(units).all() == [1.0]
        insert_or_replace(connection, SALES, replace)
        assert connection.scalars(units).all() == [2.0]
