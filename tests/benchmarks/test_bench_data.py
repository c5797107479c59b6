"""The benchmark of data runs; what it measures is for `make bench-data` on a quiet machine."""

import os
import re
from pathlib import Path

import pytest

from benchmarks import bench_data, table
from benchmarks.table import Line, as_markdown, paste


@pytest.mark.slow
def test_every_step_of_the_benchmark_gives_a_number(capsys: pytest.CaptureFixture[str]) -> None:
    """At a two-hundredth of the size, in this process, where no time says anything."""
    before = table.README.read_bytes()
    bench_data.main(["--small"])
    printed = capsys.readouterr().out
    rows = [line for line in printed.splitlines() if line.startswith("|")][2:]
    assert all(re.search(r"\| \d[\d,.]* (s|CPU s|bytes a window) \|", row) for row in rows if "skipped" not in row)
    assert len(rows) == (10 if os.environ.get("NIGHTCAST_TEST_POSTGRESQL") else 8)
    assert table.README.read_bytes() == before


def test_the_table_replaces_what_stood_between_its_markers(tmp_path: Path) -> None:
    readme = tmp_path / "README.md"
    readme.write_text("before\n<!-- speed -->\nold\n<!-- end of speed -->\nafter\n", encoding="utf-8")
    paste("speed", as_markdown([Line("reading", "1.00 s", "0.50 s", "2.00", "≤ 2")]), readme)
    assert readme.read_text(encoding="utf-8").splitlines() == [
        "before",
        "<!-- speed -->",
        "| what | ours | floor | ratio | target | peak memory | target |",
        "| --- | --- | --- | --- | --- | --- | --- |",
        "| reading | 1.00 s | 0.50 s | 2.00 | ≤ 2 |  |  |",
        "<!-- end of speed -->",
        "after",
    ]
