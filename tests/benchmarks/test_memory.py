"""The benchmark of the memory of nights; what it measures is for `make bench-memory` on a quiet machine."""

import re

import pytest

from benchmarks import memory, table


@pytest.mark.slow
def test_every_night_has_a_peak_in_a_step(capsys: pytest.CaptureFixture[str]) -> None:
    """At a five-hundredth of the size; without a folder of data sets the night of ETT is skipped in words."""
    before = table.README.read_bytes()
    memory.main(["--small"])
    rows = [line for line in capsys.readouterr().out.splitlines() if line.startswith("|")][2:]
    assert len(rows) == 4
    assert all(re.search(r"\| \d\.\d\d GB \| [a-z_]+ \|", row) for row in rows if "skipped" not in row)
    assert [row for row in rows if "skipped" in row] == [row for row in rows if "ETT" in row]
    assert table.README.read_bytes() == before
