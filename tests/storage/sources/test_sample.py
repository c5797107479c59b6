"""The first and the last rows of a Parquet file, none of them twice."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lstm.storage.sources import sample
from lstm.storage.sources.sample import Home, look_at_files


@pytest.mark.parametrize("rows", [99, 100, 101, 150, 240, 1_000])
@pytest.mark.parametrize("group", [40, 100, 600])
def test_no_row_of_a_parquet_file_is_looked_at_twice(
    tmp_path: Path, rows: int, group: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last row group may begin within the first rows that are looked at."""
    monkeypatch.setattr(sample, "ROWS", 100)
    pq.write_table(pa.table({"step": [*range(rows)]}), tmp_path / "t.parquet", row_group_size=group)
    look = look_at_files("t.parquet", Home(tmp_path, tmp_path))
    steps = look.table["step"].to_pylist()
    assert len(set(steps)) == len(steps)
    assert steps[:100] == [*range(min(rows, 100))]
    assert look.whole == (rows <= 100)
