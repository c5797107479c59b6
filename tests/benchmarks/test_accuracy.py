"""The benchmark of accuracy: its command, its summary and its diary."""

import json
from pathlib import Path

import numpy as np
import pytest

from benchmarks import accuracy
from benchmarks.accuracy_table import tables
from benchmarks.child import Measured
from benchmarks.looks import record
from benchmarks.trial import Protocol

COLUMNS = {"owa", "smape", "mase", "wql", "coverage80", "cpu_s", "peak_mb"}


def write_weeks(folder: Path) -> None:
    """The training part of 24 series, no test part."""
    random = np.random.default_rng(0)
    rows = [f"W{n}," + ",".join(f"{100 + value:.2f}" for value in random.normal(size=150)) for n in range(24)]
    (folder / "m4").mkdir()
    (folder / "m4" / "Weekly-train.csv").write_text("\n".join(["V1", *rows]), encoding="utf-8")


def test_a_run_gives_one_line_and_reads_no_test_part(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """There is no test file, and nothing asks for one."""
    write_weeks(tmp_path)
    accuracy.main(["--data", str(tmp_path), "--only", "m4-weekly", "--small", "--json", "--model", '{"hidden": 8}'])
    (line,) = capsys.readouterr().out.splitlines()
    numbers = json.loads(line)
    assert set(numbers) >= COLUMNS
    assert (numbers["data"], numbers["split"], numbers["seeds"]) == ("m4-weekly", "inner", [1])
    assert numbers["cpu_s"] > 0
    assert "look_back" in numbers["choices"]


def test_without_the_data_it_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A word, and exit 2."""
    with pytest.raises(SystemExit) as ended:
        accuracy.main(["--data", str(tmp_path / "nowhere")])
    assert ended.value.code == 2
    assert "there is no folder" in capsys.readouterr().err


def test_a_look_at_the_test_part_needs_a_reason(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It becomes a line of the diary."""
    with pytest.raises(SystemExit):
        accuracy.main(["--data", str(tmp_path), "--final"])
    assert "--why" in capsys.readouterr().err


def test_a_look_is_one_line_of_the_table(tmp_path: Path) -> None:
    """Whatever the reason holds."""
    record("m4-weekly", "a bar | and\na break", {"owa": 0.70512, "model": {}}, tmp_path / "looks.md")
    cells = (tmp_path / "looks.md").read_text(encoding="utf-8").strip().split(" | ")
    assert cells[1:] == ["m4-weekly", "a bar / and a break", "owa 0.7051, model {} |"]


def test_a_look_that_failed_is_written_down_as_well(tmp_path: Path) -> None:
    """The test file may have been read before the error."""
    chosen = accuracy._parser().parse_args(["--final", "--why", "a try", "--only", "m4-weekly"])
    with pytest.raises(RuntimeError, match=r"Weekly-train\.csv"):
        list(accuracy.measured(tmp_path, chosen, tmp_path / "looks.md"))
    assert "| m4-weekly | a try | nothing, it failed |" in (tmp_path / "looks.md").read_text(encoding="utf-8")


def measured(owa: float, cpu: float, peak: int) -> Measured:
    """A run that found this."""
    return Measured(9.0, cpu, peak, {"scores": {"owa": owa}, "choices": {"look_back": "336"}})


def test_runs_are_summed_up_as_mean_and_range() -> None:
    """Worked by hand; memory is the highest."""
    runs = [measured(0.4, 10.0, 3 << 20), measured(0.6, 20.0, 5 << 20)]
    numbers = accuracy.summary("m4-hourly", Protocol(final=True), [1, 2], runs)
    assert (numbers["owa"], numbers["owa_range"]) == (0.5, [0.4, 0.6])
    assert (numbers["cpu_s"], numbers["peak_mb"], numbers["split"]) == (15.0, 5.0, "final")
    assert numbers["choices"] == {"look_back": "336"}


def test_data_sets_that_are_scored_alike_share_a_table() -> None:
    """What is to be reached stands beside what was."""
    summary = accuracy.summary("m4-hourly", Protocol(), [1, 2], [measured(0.4, 1.0, 0), measured(0.5, 1.0, 0)])
    rows = tables([summary, summary | {"data": "other"}]).splitlines()
    assert rows[0] == "| data | OWA | CPU s | peak MiB | to reach; beyond |"
    assert rows[2] == "| m4-hourly | 0.450 (0.400 to 0.500) | 1.0 | 0 | OWA 0.450; 0.430 |"
    assert rows[3].endswith("| 0 |  |")


def test_a_ratio_to_the_peer_has_a_column_where_it_was_measured() -> None:
    """It has no range: the peer ran once."""
    summary = accuracy.summary("m4-hourly", Protocol(), [1], [measured(0.4, 1.0, 0)]) | {"cpu_ratio": 0.5}
    rows = tables([summary]).splitlines()
    assert rows[0] == "| data | OWA | CPU time against the peer's | CPU s | peak MiB | to reach; beyond |"
    assert rows[2].startswith("| m4-hourly | 0.400 | 0.500 | 1.0 | 0 | OWA 0.450; 0.430, CPU time")
