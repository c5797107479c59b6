"""Runs that fail, meet or are killed: a retry, new content under an old name, two at once, and a dead run's lock."""

import json
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from cases.running import Night, ask, fill, tell
from cases.tables import csv_text, days, history, save
from faults.holding import Holds, Point
from faults.processes import kill, until
from faults.scene import environment

from lstm.model.fitting.fit import fit
from lstm.references import Outcome
from pages import ROOT

AS_OF = "2024-04-30"
TABLE = 'url = "sqlite:///input.db"\ntable = "sales"'
COLUMNS = 'series = ["unique_id"]\ntime = "ds"\ntargets = ["y"]\n'
SINK = """
[[sinks]]
name = "warehouse"
url = "sqlite:///input.db"
table = "forecasts"
[sinks.columns]
unique_id = "unique_id"
time = "ds"
forecast = "y_hat"
"""


def sales_night(folder: Path) -> Night:
    """Two series of 120 days in a table, and a table for their forecasts beside it."""
    tell(
        folder / "input.db",
        "CREATE TABLE sales (unique_id TEXT, ds TEXT, y REAL)",
        "CREATE TABLE forecasts (unique_id TEXT NOT NULL, ds TEXT NOT NULL, y_hat REAL, PRIMARY KEY (unique_id, ds))",
    )
    fill(folder / "input.db", "sales", history(["A", "B"], days(120)))
    return Night(folder, TABLE, columns=COLUMNS, rest=SINK)


def delivered(night: Night) -> list[tuple[str, str, float]]:
    return ask(night.file.parent / "input.db", "SELECT * FROM forecasts ORDER BY unique_id, ds")


def published(night: Night, outcome: Outcome) -> list[tuple[str, str, float]]:
    return sorted((row["unique_id"], str(row["time"]), row["forecast"]) for row in night.rows(outcome))


def trained(night: Night, outcome: Outcome) -> tuple[bytes, int]:
    """Weights and when they were written."""
    weights = night.file.parent / "store" / "runs" / outcome.run_id / "model" / "weights.safetensors"
    return weights.read_bytes(), weights.stat().st_mtime_ns


def newest_read(night: Night, outcome: Outcome) -> str:
    """Last day of history that a run read."""
    manifest = night.file.parent / "store" / "runs" / outcome.run_id / "manifests" / "ingest.json"
    return str(json.loads(manifest.read_text())["output"]["newest"])


def test_a_retry_after_a_failed_delivery_trains_nothing_and_delivers_the_first_attempts_forecasts(tmp_path):
    """A trigger refuses every row until it is dropped; the model is the one of the first attempt."""
    night = sales_night(tmp_path)
    outage = "BEFORE INSERT ON forecasts BEGIN SELECT RAISE(ABORT, 'simulated outage'); END"
    tell(tmp_path / "input.db", f"CREATE TRIGGER broken {outage}")
    first = night.run(AS_OF)
    assert (first.exit_code, delivered(night)) == (3, [])
    assert "sink warehouse got nothing" in first.sentence
    assert "simulated outage" in first.sentence
    kept, rows = trained(night, first), published(night, first)
    tell(tmp_path / "input.db", "DROP TRIGGER broken")
    again = night.run(AS_OF)
    assert (again.exit_code, again.run_id) == (0, first.run_id)
    assert trained(night, again) == kept
    assert night.models() == 1
    assert published(night, again) == rows
    assert delivered(night) == rows
    assert len(rows) == 14


def test_new_content_under_the_same_name_is_read_by_the_same_run(tmp_path):
    """Neither path nor parameters change; a week more makes the forecasts begin after its last day."""
    observed = days(127)
    save(tmp_path, csv_text(history(["A", "B"], observed[:120])))
    night = Night(tmp_path)
    first = night.run("2024-05-07")
    before = night.rows(first)
    assert newest_read(night, first) == "2024-04-29"
    save(tmp_path, csv_text(history(["A", "B"], observed)))
    second = night.run("2024-05-07")
    assert second.run_id == first.run_id
    assert newest_read(night, second) == "2024-05-06"
    rows = night.rows(second)
    assert str(min(row["time"] for row in rows)) == "2024-05-07"
    assert {str(row["cutoff"]) for row in rows} == {"2024-05-06"}
    assert len(rows) == 14
    assert [row["forecast"] for row in rows] != [row["forecast"] for row in before]


def test_a_run_that_is_interrupted_after_it_has_read_again_does_not_read_once_more(tmp_path, monkeypatch):
    """Law: a finished run that is started again reads its source once, however often it is interrupted then."""
    save(tmp_path, csv_text(history(["A", "B"], days(120))))
    night = Night(tmp_path)
    manifest = tmp_path / "store" / "runs" / night.run(AS_OF).run_id / "manifests" / "ingest.json"
    first = manifest.stat().st_mtime_ns

    def interrupted(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("lstm.storage.ledger.ledger.Ledger.check_layout", interrupted)
        with pytest.raises(KeyboardInterrupt):
            night.run(AS_OF)
    read_again = manifest.stat().st_mtime_ns
    assert read_again != first
    assert night.run(AS_OF).exit_code == 0
    assert manifest.stat().st_mtime_ns == read_again
    night.run(AS_OF)
    assert manifest.stat().st_mtime_ns != read_again


def test_of_two_runs_at_once_one_works_and_the_other_is_told_who_does(tmp_path, monkeypatch):
    """The second starts while the first trains, and ends at once; 14 rows and one model are there."""
    night = sales_night(tmp_path)
    others: list[Outcome] = []

    def meanwhile(*arguments, **named):
        if not others:
            others.append(night.run(AS_OF))
        return fit(*arguments, **named)

    monkeypatch.setattr("lstm.steps.train.fit", meanwhile)
    outcome = night.run(AS_OF)
    assert (outcome.exit_code, [other.exit_code for other in others]) == (0, [1])
    assert f"run {outcome.run_id} is owned by " in others[0].sentence
    assert "wait for it, or stop that process" in others[0].sentence
    assert delivered(night) == published(night, outcome)
    assert (len(delivered(night)), night.models()) == (14, 1)


@pytest.mark.slow
def test_a_run_takes_over_from_one_that_was_killed_while_it_trained(tmp_path):
    """SIGKILL leaves the lease behind; the next start sees that its owner is dead, and does not wait."""
    night = sales_night(tmp_path)
    holds = Holds(tmp_path, (Point("rename */checkpoints/*/member-0.safetensors", 2),))
    script = "import sys; from pathlib import Path; from faults.ground import Ground; Ground(Path(sys.argv[1])).run()"
    surroundings = environment(tmp_path / "prefect", None) | holds.environment()
    killed = subprocess.Popen([sys.executable, "-c", script, str(tmp_path)], env=surroundings, cwd=ROOT)
    kill(until(lambda: holds.pid(0), "a training"))
    killed.wait()
    with sqlite3.connect(tmp_path / "store" / "nightcast.db") as database:
        assert database.execute("SELECT owner IS NOT NULL, status FROM runs").fetchall() == [(1, "running")]
    outcome = night.run(AS_OF)
    assert outcome.exit_code == 0, outcome.sentence
    assert delivered(night) == published(night, outcome)
    assert (len(delivered(night)), night.models()) == (14, 1)
