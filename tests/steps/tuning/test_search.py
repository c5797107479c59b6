"""The search: how many are tried, on what, when it ends, and that it goes on where it was."""

import sqlite3

import pytest
from tunings import tuning_job

from lstm.compute.local_workers import Processes
from lstm.data.frequency.aliases import parse_frequency
from lstm.errors import ConfigError, TrainingError
from lstm.steps.job import Job
from lstm.steps.tuning import search as module
from lstm.steps.tuning.search import database_of, limited, search
from lstm.steps.tuning.trial_home import TrialHome
from lstm.steps.window import load_windows
from lstm.storage.runs.run_folder import RunStore


def test_settings_are_tried_on_data_before_validation_the_first_is_the_files(tmp_path):
    """Law: as many as asked for, each scored on the same windows; what was read ends with the training part."""
    job, _, _ = tuning_job(tmp_path)
    tried = search(job)
    assert [trial.number for trial in tried.trials] == [0, 1, 2]
    assert tried.current.values == {"look_back": None, "hidden": 8, "learning_rate": 3e-3}
    assert all(trial.objective is not None for trial in tried.trials)
    assert tried.trials[1].values["look_back"] in (14, 28)
    splits = load_windows(job.run_store(), split="test").splits
    assert tried.through == parse_frequency("D").text(splits.train_end)
    assert (tried.windows, tried.ended) == (6 * 8, "all of them were tried")
    assert database_of(job).exists()


def test_finished_trials_are_not_repeated_and_more_go_on(tmp_path):
    """Law: the same again does nothing; with a larger number the old ones stand and new ones follow."""
    job, _, _ = tuning_job(tmp_path)
    first = search(job)
    again = search(job)
    assert again.trials == first.trials
    more = search(limited(job, 5, None))
    assert more.trials[:3] == first.trials
    assert len(more.trials) == 5


@pytest.mark.slow
def test_the_trials_of_several_processes_are_those_of_one(tmp_path):
    """Law: a trial has one thread, wherever it is; which settings come later may differ, their scores do not."""
    (tmp_path / "alone").mkdir()
    (tmp_path / "several").mkdir()
    alone, several = tuning_job(tmp_path / "alone")[0], tuning_job(tmp_path / "several")[0]
    with Processes(2) as executor:
        parallel = search(several.model_copy(update={"executor": executor}))
    one_by_one = search(alone)
    assert parallel.trials[:2] == one_by_one.trials[:2]


def stopped_at(job: Job, monkeypatch, number: int, epoch: int) -> None:
    """The search until Ctrl-C is pressed in an epoch of a trial."""
    told = TrialHome.epoch

    def pressed(self, of, phase, row):
        answer = told(self, of, phase, row)
        if (of, row.epoch) == (number, epoch):
            raise KeyboardInterrupt
        return answer

    with monkeypatch.context() as patch:
        patch.setattr(TrialHome, "epoch", pressed)
        interrupted = search(job)
    assert interrupted.ended == "Ctrl-C"
    assert next(trial.failure for trial in interrupted.trials[number:]) == "not ended"


def test_ctrl_c_keeps_what_was_tried_and_another_call_ends_it_alike(tmp_path, monkeypatch):
    """Law: the trial in which it was pressed goes on from its checkpoint, to what it would have been."""
    (tmp_path / "whole").mkdir()
    (tmp_path / "half").mkdir()
    whole = search(tuning_job(tmp_path / "whole")[0])
    job = tuning_job(tmp_path / "half")[0]
    stopped_at(job, monkeypatch, 1, 1)
    assert search(job).trials == whole.trials
    assert not (tmp_path / "half" / "store" / "runs" / job.key.run_id / "checkpoints" / "1").exists()


def test_ctrl_c_in_the_first_trial_leaves_nothing_to_compare_with(tmp_path, monkeypatch):
    """Law: then nothing can be judged, and that is said."""
    job, _, _ = tuning_job(tmp_path)
    with pytest.raises(TrainingError, match="nothing can be compared with it"):
        stopped_at(job, monkeypatch, 0, 1)


def test_a_budget_that_is_over_lets_the_files_setting_end(tmp_path, monkeypatch):
    """Law: the first trial is scored whatever it takes, and no other begins."""
    job, _, _ = tuning_job(tmp_path)
    monkeypatch.setattr(module, "_seconds", lambda budget: 0.0)
    tried = search(job)
    assert len(tried.trials) == 1
    assert (tried.trials[0].stopped, tried.ended) == ("", "the budget was over")


def test_limits_of_the_command_replace_those_of_the_file(tmp_path):
    """Law: and are checked as those are."""
    job, _, _ = tuning_job(tmp_path)
    tuning = limited(job, 7, "2h").pipeline.tuning
    assert (tuning.trials, tuning.budget) == (7, "2h")
    assert tuning.ranges == job.pipeline.tuning.ranges
    assert limited(job, None, None).pipeline.tuning == job.pipeline.tuning
    with pytest.raises(ConfigError, match="budget: a duration is a whole number"):
        limited(job, None, "a while")


def test_runs_in_an_object_store_have_their_trials_beside_the_file(tmp_path):
    """SQLite needs a file of this machine."""
    job, _, _ = tuning_job(tmp_path)
    store = job.pipeline.store.model_copy(update={"folder": "memory://bucket"})
    remote = job.model_copy(update={"pipeline": job.pipeline.model_copy(update={"store": store})})
    assert database_of(remote) == tmp_path / "trials" / f"{job.key.run_id}.db"
    assert RunStore(job.runs, job.key.run_id).uri in str(database_of(job))


def test_nothing_else_is_tried_once_the_files_setting_has_failed(tmp_path):
    """Law: there is nothing to compare with, so no hour is spent; the reason of the failure is told."""
    job, _, _ = tuning_job(tmp_path)
    training = job.pipeline.training.model_copy(update={"learning_rate": 1e12})
    job = job.model_copy(update={"pipeline": job.pipeline.model_copy(update={"training": training})})
    with pytest.raises(TrainingError, match=r"nothing can be compared with it: the .* loss of member-0 became"):
        search(limited(job, 6, None))
    with sqlite3.connect(database_of(job)) as connection:
        assert connection.execute("select count(*) from trials").fetchone() <= (2,)
