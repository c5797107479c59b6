"""The benchmark of many series; what it measures is for `make bench-many` on a quiet machine."""

import re

import pytest

from benchmarks import many_series, table


@pytest.mark.slow
def test_every_step_of_a_night_has_its_seconds_and_its_memory(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of 60 series in files of 25, by one process and by two workers; nothing is pasted unless asked for."""
    monkeypatch.setattr(many_series, "SERIES_OF_FILE", 25)
    monkeypatch.setattr(many_series, "TRAINING", "max_epochs = 1\nepoch_steps = 2")
    before = table.README.read_bytes()
    many_series.main(["--series", "60", "--workers", "1", "2"])
    header, _, *rows = [line for line in capsys.readouterr().out.splitlines() if line.startswith("|")]
    assert "60 series, one process | 60 series, 2 workers" in header
    assert [row.split(" | ")[0] for row in rows] == [
        f"| {name}" for name in (*many_series.STEPS, many_series.REST, "all")
    ]
    assert re.fullmatch(r"\| all( \| [\d.]+ s \([\d.]+ CPU s\), 0\.\d\d GB){2} \|", rows[-1])
    assert table.README.read_bytes() == before
