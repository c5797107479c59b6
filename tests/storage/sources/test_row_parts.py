"""Rows as they come in: what is much lies in a file, and is read again as it was."""

import logging
import tempfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from lstm.config import Source
from lstm.storage.sources import row_parts
from lstm.storage.sources.read import read_source
from lstm.storage.sources.row_parts import RowParts


def table(ids: list[str], values: np.ndarray) -> pa.Table:
    return pa.table({"id": pa.array(ids).dictionary_encode(), "y": values})


DOUBLES = table(["a", "b"] * 50, np.arange(100.0))
OTHERS = table(["c", "a"] * 50, np.arange(100.0) + 0.5)
INTEGERS = table(["b", "c"] * 50, np.arange(100))


def parts_of(*tables: pa.Table, large: int) -> RowParts:
    parts = RowParts(large)
    for rows in tables:
        parts.add(rows)
    return parts


def cells(tables: list[pa.Table]) -> list[tuple[str, str, object]]:
    """(type, id, value) of every row."""
    return [(str(part["y"].type), row["id"], row["y"]) for part in tables for row in part.to_pylist()]


@pytest.mark.parametrize("large", [1, 1_500, 1 << 20], ids=["each one", "some", "none"])
def test_rows_come_back_in_order_with_the_types_they_had_however_many_lie_in_a_file(large):
    parts = parts_of(DOUBLES, OTHERS, INTEGERS, DOUBLES, large=large)
    assert cells(parts.tables()) == cells([DOUBLES, OTHERS, INTEGERS, DOUBLES])


def test_what_lies_in_the_file_is_not_in_the_memory_of_arrow_and_the_file_has_no_name(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    before = pa.total_allocated_bytes()
    parts = parts_of(table(["a", "b"] * 50_000, np.arange(100_000.0)), large=1)
    assert parts.tables()[0].nbytes > 1_000_000
    assert pa.total_allocated_bytes() - before < 100_000
    assert list(tmp_path.iterdir()) == []


def test_without_room_in_the_folder_for_temporary_files_rows_stay_in_memory_and_it_is_told(monkeypatch, caplog):
    monkeypatch.setattr(tempfile, "tempdir", "/proc")  # nothing can be made there
    with caplog.at_level(logging.WARNING):
        parts = parts_of(DOUBLES, OTHERS, large=1)
    assert cells(parts.tables()) == cells([DOUBLES, OTHERS])
    assert [record.message.startswith("the rows of the source stay in memory, /proc") for record in caplog.records] == [
        True
    ]


@pytest.mark.parametrize("large", [1, 1 << 20])
def test_a_source_of_several_files_reads_the_same_from_memory_and_from_a_file(tmp_path, monkeypatch, large):
    """And a row is found again by its own file and line."""
    (tmp_path / "1.csv").write_text("id,day,y\na,2024-01-01,1\nb,2024-01-01,2\n", encoding="utf-8")
    (tmp_path / "2.csv").write_text("id,day,y\nc,2024-01-01,3\na,2024-01-02,4\n", encoding="utf-8")
    monkeypatch.setattr(row_parts, "LARGE_BYTES", large)
    source = Source(path="*.csv", series=["id"], time="day", targets=["y"])
    rows = read_source(source, source.roles, folder=Path(tmp_path), url=None, binds={})
    assert rows.table["id"].to_pylist() == ["a", "b", "c", "a"]
    assert rows.table["y"].to_pylist() == [1.0, 2.0, 3.0, 4.0]
    assert rows.place(3) == "2.csv, line 3"
