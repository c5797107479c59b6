"""The benchmark of speed: its lines, its clock, and that it runs; what it measures is for a quiet machine."""

import json

import numpy as np
import pytest

from benchmarks import speed
from benchmarks.made_panel import make_panel
from benchmarks.paced import Pace, pace_of
from benchmarks.speed_line import Speed, table
from benchmarks.speed_peers import OURS, _known
from lstm.model.training.checkpoint import EpochRow


def test_a_line_has_what_is_known_and_four_digits() -> None:
    """A measurement without a floor has no ratio."""
    assert Speed("fit", 1, 1.23456, "s").as_dict() == {"what": "fit", "threads": 1, "ours": 1.235, "unit": "s"}
    assert Speed("loop", 2, 9.0, "s", 10.0, 0.9, ">= 0.95").as_dict()["ratio"] == 0.9


def test_the_table_has_a_row_a_measurement() -> None:
    """Cells are empty where there is no number."""
    rows = table([Speed("fit", 1, 1234.5, "s", peak=3 << 20), Speed("loop", 2, 0.5, "s", 2.0, 0.25, "<= 1")])
    assert rows.splitlines()[2:] == [
        "| fit | 1 | 1,234 s |  |  |  | 3 MiB |",
        "| loop | 2 | 0.5 s | 2 s | 0.25 | <= 1 |  |",
    ]


def test_the_pace_leaves_out_the_first_epoch_and_what_runs_between(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first epoch ends at 5; epochs take 2 and 3 seconds, and another loop takes 10 after each."""
    now = [5.0]
    monkeypatch.setattr("benchmarks.paced.time.perf_counter", lambda: now[0])

    def wait(seconds: float) -> None:
        now[0] += seconds

    pace = Pace(between=lambda: wait(10.0))
    row = EpochRow(1, 1, 0.0, 0.0, 0.0, 0.0, 64)
    pace("member-0", row)
    for seconds in (2.0, 3.0):
        wait(seconds)
        pace("member-0", row)
    wait(1.0)
    pace("member-0-refit", row)
    assert pace.epochs == [2.0, 3.0]


def test_the_library_tells_its_pace() -> None:
    """One fit of two epochs that count."""
    panel = make_panel(3, 300, frequency="h", horizon=4)
    assert pace_of(panel, {"hidden": 4, "look_back": 24}, batch=4, steps=1, epochs=2, threads=1) > 0.0


def test_made_series_have_their_cycles() -> None:
    """Neighbours a day apart are nearer than those half a day apart; all is observed up to the cutoff."""
    panel = make_panel(2, 500, frequency="h", horizon=3)
    values = panel.targets[:500, 0]
    assert np.isfinite(values).all()
    assert np.isnan(panel.targets[500:503]).all()
    assert np.abs(values[24:] - values[:-24]).mean() < np.abs(values[12:] - values[:-12]).mean()


def test_a_kind_that_this_version_does_not_have_is_left_out() -> None:
    """The default network always counts."""
    assert [name for name, _, _ in _known((("x", {"kind": "none such"}, 1.0), OURS[-1]))] == [OURS[-1][0]]


@pytest.mark.slow
def test_every_measurement_gives_a_number(capsys: pytest.CaptureFixture[str]) -> None:
    """One of each kind, at a fiftieth of the size, without the peers, which are an installation of 1.7 GB."""
    speed.main(["--small", "--json", "--threads", "1", "--only", "loop", "scale", "workers"])
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert len(lines) == 1 + 2 + 2 + 1 + 2
    assert all(line["ours"] > 0 for line in lines)
    assert all(line["ratio"] > 0 for line in lines if "target" in line)
