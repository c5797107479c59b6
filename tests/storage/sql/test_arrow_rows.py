"""Rows of a query as an Arrow table, however many there are."""

from datetime import date

import pyarrow as pa
import pytest
from sqlalchemy import Column, Date, Double, Integer, MetaData, Table, create_engine, select

from lstm.storage.sql import arrow_rows as module
from lstm.storage.sql.arrow_rows import arrow_rows

TABLE = Table("t", MetaData(), Column("n", Integer), Column("y", Double), Column("ds", Date))
SCHEMA = pa.schema([("n", pa.int32()), ("y", pa.float64()), ("ds", pa.date32())])


@pytest.mark.parametrize("count", [0, 1, 2, 5])
def test_every_row_comes_once_and_in_order(tmp_path, monkeypatch, count):
    """Law: in partitions of two; none at all is a table without rows, of the same schema."""
    monkeypatch.setattr(module, "PARTITION_ROWS", 2)
    engine = create_engine(f"sqlite:///{tmp_path / 'rows.db'}")
    rows = [{"n": n, "y": None if n else 0.5, "ds": date(2024, 1, 1 + n)} for n in range(count)]
    with engine.begin() as connection:
        TABLE.create(connection)
        if rows:
            connection.execute(TABLE.insert(), rows)
    table = arrow_rows(engine, select(TABLE).order_by(TABLE.c.n), SCHEMA)
    assert table.schema == SCHEMA
    assert table.to_pylist() == rows
