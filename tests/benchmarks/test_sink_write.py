"""The benchmark of deliveries runs; what it measures is for `make bench-data` on a quiet machine."""

import re

import pytest

from benchmarks import sink_write, table


@pytest.mark.slow
def test_every_delivery_of_the_benchmark_gives_a_number(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQLite alone, at a hundredth of the size, in this process, where no time says anything."""
    for variable in sink_write.SERVERS.values():
        monkeypatch.delenv(variable, raising=False)
    before = table.README.read_bytes()
    sink_write.main(["--small"])
    rows = [line for line in capsys.readouterr().out.splitlines() if line.startswith("| SQLite")]
    assert [row.split(" | ")[0].split("forecasts ")[1] for row in rows] == [
        "into an empty table",
        "every row replaced",
        "into the ledger",
    ]
    assert all(re.search(r"\| \d[\d,.]* s \|", row) for row in rows)
    assert table.README.read_bytes() == before
