"""`nightcast tune` as a flow: it proposes, writes where asked, publishes and promotes nothing, and survives a kill."""

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tunings import small_file

from flows.runs.ending import outcome_of
from flows.tune import tune
from lstm.config import load_pipeline
from lstm.references import Outcome
from lstm.storage.files.pipeline_text import write_changes
from runs import Stored, edited

AS_OF = "2024-04-30"
RUN = "small.tune.20240430T000000Z"


@pytest.fixture
def shop(tmp_path, prefect_server) -> Path:
    """A small pipeline file with ranges to tune."""
    return small_file(tmp_path)


def tuned(file: Path, **parameters) -> Outcome:
    return outcome_of(tune(pipeline=str(file), as_of=AS_OF, **parameters, return_state=True))


def folder_of(file: Path) -> Path:
    return file.parent / "store" / "runs" / RUN


def test_a_tuning_leaves_its_report_and_no_model_forecast_or_promotion(shop):
    """Law: the run is in the registry, its trials are in a file of their own, and the store's tables are as before."""
    seen = shop.read_bytes()
    outcome = tuned(shop, trials=2, write=True)
    assert outcome.exit_code == 0
    assert {"trials.db", "trials.png", "tuning.html", "tuning.json"} <= {
        path.name for path in folder_of(shop).iterdir()
    }
    stored = Stored(shop)
    assert [run.kind for run in stored.registry.runs("small")] == ["tune"]
    assert stored.registry.models("small") == []
    assert stored.champion() is None
    assert stored.ledger.newest_run("small") is None
    assert len(outcome.summary["trials"]["rows"]) == 2
    if not json.loads((folder_of(shop) / "tuning.json").read_bytes())["proposed"]:
        assert shop.read_bytes() == seen
        assert outcome.summary["lines"] == []


def test_what_is_written_is_found_by_the_next_night(shop, monkeypatch):
    """Law: the card of a model that was trained with tuned settings says through when they were tuned, and no origin
    before that judges it."""
    from flows.retrain import retrain

    text = shop.read_text() + '\n[schedule]\nretrain = "off"\n'
    shop.write_text(text.replace("[tuning]\n", '[tuning]\nthrough = "2024-04-20"\n'))
    outcome = outcome_of(retrain(pipeline=str(shop), as_of=AS_OF, return_state=True))
    card = json.loads((shop.parent / "store/runs/small.retrain.20240430T000000Z/model/model.json").read_bytes())
    assert card["tuned_through"] == "2024-04-20"
    # Origins are on the 9th, 16th and 23rd: seven days apart, the last one seven before the newest day.
    assert Stored(shop).verdict(outcome).origins == 1


def test_a_time_that_is_none_is_refused_before_training(shop):
    """Law: exit code 2, with an example of how times of this table are written."""
    from flows.retrain import retrain

    edited(shop, "[tuning]\n", '[tuning]\nthrough = "last spring"\n')
    outcome = outcome_of(retrain(pipeline=str(shop), as_of=AS_OF, return_state=True))
    assert outcome.exit_code == 2
    assert "tuning.through = 'last spring' is no time of this table, such as '2024-04-29'" in outcome.sentence


@pytest.mark.slow
def test_a_proposed_setting_is_written_and_a_file_that_changed_is_a_fault(shop, monkeypatch):
    """Law: the run ends degraded where somebody was faster, and the lines are told all the same."""
    from lstm.references import TuningVerdict
    from tasks import wrapped_steps as steps

    changes = {"model": {"hidden": 4}, "tuning": {"through": "2024-03-18"}}
    verdict = TuningVerdict(proposed=True, sentence="It is proposed.", called="the file's setting", changes=changes)
    monkeypatch.setattr(steps, "judge_tuned", lambda *arguments: verdict)
    assert tuned(shop, trials=2, write=True).exit_code == 0
    assert (load_pipeline(shop).model.hidden, load_pipeline(shop).tuning.through) == (4, "2024-03-18")

    def faster(path, seen, changes):
        shop.write_text(shop.read_text() + "# a person\n")
        return write(path, seen, changes)

    write = write_changes
    monkeypatch.setattr("lstm.steps.tuning.tuned_file.write_changes", faster)
    outcome = tuned(shop, trials=2, write=True)
    assert outcome.exit_code == 3
    assert "has changed since it was read" in outcome.sentence
    assert "hidden = 4" in outcome.summary["lines"]


def test_a_wrong_limit_ends_the_run_and_names_it(shop):
    """Law: exit code 2, nothing tried."""
    outcome = tuned(shop, budget="long")
    assert outcome.exit_code == 2
    assert outcome.sentence.startswith("Nothing was tuned: the limits of the tuning")
    assert not (folder_of(shop) / "trials.db").exists()


def start(file: Path, server: str) -> "subprocess.Popen[str]":
    """`nightcast tune` in a process group of its own."""
    command = [sys.executable, "-m", "flows.cli", "tune", str(file), "--as-of", AS_OF]
    environment = os.environ | {"PREFECT_API_URL": server, "PREFECT_HOME": str(file.parent / "prefect")}
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment, start_new_session=True
    )


def states(file: Path) -> list[str]:
    """The states of all trials."""
    database = folder_of(file) / "trials.db"
    if not database.exists():
        return []
    with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as connection:
        try:
            return [state for (state,) in connection.execute("select state from trials order by number")]
        except sqlite3.OperationalError:  # it is being made
            return []


def until(met, process: "subprocess.Popen[str]", seconds: float = 240) -> None:
    """Waits for a condition; fails where the process ends before."""
    deadline = time.monotonic() + seconds
    while not met():
        assert process.poll() is None, process.communicate()[0]
        assert time.monotonic() < deadline
        time.sleep(0.05)


def slow_trials(file: Path) -> None:
    """Trials of some seconds, one after the other, so that one is under way when it is killed."""
    edited(file, "max_epochs = 2\nepoch_steps = 5", "max_epochs = 8\nepoch_steps = 60\npatience = 8")
    file.write_text(file.read_text() + "\n[compute]\nworkers = 1\n")


@pytest.mark.slow
def test_a_tuning_killed_in_a_trial_goes_on_and_ends_alike(shop, prefect_server, tmp_path_factory):
    """Law: after SIGKILL a finished trial is not repeated, the one under way is run again, none stays running; and
    what was tried is what a twin tries that nobody kills."""
    slow_trials(shop)
    twin = tmp_path_factory.mktemp("twin") / shop.name
    shutil.copytree(shop.parent, twin.parent, dirs_exist_ok=True)
    killed = start(shop, prefect_server)
    until(lambda: states(shop)[:1] == ["COMPLETE"] and "RUNNING" in states(shop), killed)
    os.killpg(killed.pid, signal.SIGKILL)
    killed.wait()
    assert "RUNNING" in states(shop)
    resumed = start(shop, prefect_server)
    output = resumed.communicate(timeout=400)[0]
    assert resumed.returncode == 0, output
    assert "trial 0:" not in output
    assert "trial 1:" in output
    assert states(shop) == ["COMPLETE"] * 3
    whole = start(twin, prefect_server)
    assert whole.wait(timeout=400) == 0
    assert trials_of(shop) == trials_of(twin)


def trials_of(file: Path) -> list[tuple[int, str, str]]:
    """Number, values and score of each trial."""
    with sqlite3.connect(folder_of(file) / "trials.db") as connection:
        return connection.execute(
            "select number, key, value_json from trials join trial_user_attributes using (trial_id) "
            "where key in ('values', 'score') order by number, key"
        ).fetchall()


@pytest.mark.slow
def test_ctrl_c_judges_the_best_so_far(shop, prefect_server):
    """Law: SIGINT ends the search, not the run: what was tried is kept, trained and judged, with exit code 0."""
    slow_trials(shop)
    edited(shop, "trials = 3", "trials = 300")
    process = start(shop, prefect_server)
    until(lambda: states(shop).count("COMPLETE") >= 2, process)
    os.kill(process.pid, signal.SIGINT)
    output = process.communicate(timeout=400)[0]
    assert process.returncode == 0, output
    assert "Ctrl-C" in output
    assert (folder_of(shop) / "tuning.html").exists()


@pytest.mark.slow
def test_two_tunings_of_one_run_do_not_mix(shop, prefect_server):
    """Law: the second one finds the run owned, says so, and the first one ends as if nothing had been."""
    slow_trials(shop)
    edited(shop, "max_epochs = 8", "max_epochs = 50")
    edited(shop, "patience = 8", "patience = 50")
    first = start(shop, prefect_server)
    until(lambda: states(shop)[:1] == ["RUNNING"], first)
    second = start(shop, prefect_server)
    refusal = second.communicate(timeout=300)[0]
    assert (second.returncode, "owned by" in refusal or "is running" in refusal) == (1, True), refusal
    output = first.communicate(timeout=400)[0]
    assert first.returncode == 0, output
    assert states(shop) == ["COMPLETE"] * 3
