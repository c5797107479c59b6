"""Parts of a time are joined as they are written."""

from datetime import date, datetime, time
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from lstm.data.timestamps.time_parts import joined_parts


def joined(*columns: Any) -> list[str | None]:
    parts = [column if isinstance(column, pa.ChunkedArray) else pa.chunked_array([column]) for column in columns]
    return [None if text is None else str(text) for text in joined_parts(parts).to_pylist()]


def test_parts_are_joined_by_a_blank_row_by_row() -> None:
    """A missing or blank part leaves no time."""
    days = ["10/03/2004", "10/03/2004 ", None, "11/03/2004", " "]
    assert joined(days, ["00.00.00", "01.00.00", "02.00.00", "", "03.00.00"]) == [
        "10/03/2004 00.00.00", "10/03/2004 01.00.00", None, None, None
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("day", "clock", "text"),
    [
        (date(2024, 1, 31), time(23, 5), "2024-01-31 23:05:00"),
        (datetime(2024, 1, 31), 7, "2024-01-31 7"),
        (20240131, 7.0, "20240131 7"),
        ("31.1.24", "7 PM", "31.1.24 7 PM"),
    ],
)
def test_typed_parts_are_written_as_iso_has_them(day: Any, clock: Any, text: str) -> None:
    """Dates and clocks of Parquet and databases, whole numbers without a point."""
    assert joined([day], [clock]) == [text]


def test_many_parts_of_many_rows_are_joined_each_with_its_own() -> None:
    """Against plain Python, in several chunks."""
    dice = np.random.default_rng(3)
    rows = dice.integers(0, [3, 12, 28, 24], (1_000, 4)).tolist()
    columns = [pa.chunked_array([column[:300], column[300:]]) for column in map(list, zip(*rows, strict=True))]
    assert joined(*columns) == [" ".join(map(str, row)) for row in rows]


def test_a_table_without_rows_has_no_times() -> None:
    assert joined(pa.chunked_array([], pa.string()), pa.chunked_array([], pa.int64())) == []
