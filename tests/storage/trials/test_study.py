"""The database of trials: what is asked, kept, found again after a kill, and guarded."""

import math
import sqlite3
import sys
from dataclasses import replace

import pytest

from lstm.config import Between
from lstm.errors import ConfigError, StoreError, TakenOverError
from lstm.evaluation.tuning.space import Dimension, Values
from lstm.evaluation.tuning.trial import TrialScore
from lstm.storage.sql.fence import OPEN, Fence
from lstm.storage.trials.study import Trials

SPACE = [Dimension("hidden", (4, 8, None)), Dimension("learning_rate", Between(low=1e-4, high=1e-1, log=True))]
CURRENT = {"hidden": 8, "learning_rate": 3e-3}
SCORE = TrialScore(0.02, 0.5, 0.8, math.nan, 4, 2, "early")


def opened(folder, mark="m", seed=1, fence: Fence = OPEN) -> Trials:
    return Trials(folder / "trials.db", mark, seed, fence)


def test_the_first_trial_is_the_setting_of_the_file(tmp_path):
    """Law: as it is, though the space may not hold all of it; the others are drawn from the space."""
    trials = opened(tmp_path)
    first, second = trials.ask(SPACE, CURRENT), trials.ask(SPACE, CURRENT)
    assert (first.number, first.values) == (0, CURRENT)
    assert second.number == 1
    assert second.values["hidden"] in (4, 8, None)
    assert 1e-4 <= second.values["learning_rate"] <= 1e-1
    outside = opened(tmp_path, "other").ask(SPACE, {"hidden": 5, "learning_rate": 9.0})
    assert outside.values == {"hidden": 5, "learning_rate": 9.0}


def drawn(folder, mark: str, *, again_after: int | None = None) -> list[Values]:
    """The values of twelve trials; `again_after` so many the database is opened anew, as after a kill."""
    trials, values = opened(folder, mark), []
    for number in range(12):
        if number == again_after:
            trials = opened(folder, mark)
        trial = trials.ask(SPACE, CURRENT)
        values.append(trial.values)
        trials.score(trial.number, replace(SCORE, wql=0.02 + abs(trial.values["learning_rate"] - 0.01)))
    return values


def test_a_search_that_is_opened_again_draws_what_it_would_have_drawn(tmp_path):
    """Law: what is drawn follows from the seed and the trials before; a sampler that began anew would repeat itself."""
    whole, interrupted = drawn(tmp_path, "whole"), drawn(tmp_path, "interrupted", again_after=6)
    assert whole == interrupted
    assert len({str(values) for values in whole}) == 12
    assert Trials(tmp_path / "trials.db", "seed", 2, OPEN).ask(SPACE, CURRENT).values == CURRENT


def test_a_process_that_was_killed_before_it_took_the_first_setting_leaves_nothing_in_the_way(tmp_path):
    """Law: a setting that waits has no number yet; who comes next takes it."""
    trials = opened(tmp_path)
    trials._study.enqueue_trial({"hidden": 8, "learning_rate": 3e-3})
    again = opened(tmp_path)
    assert again.rows() == []
    assert again.interrupted(CURRENT) == []
    assert (again.ask(SPACE, CURRENT).number, len(again.rows())) == (0, 1)


def test_what_a_trial_did_is_kept(tmp_path):
    """Law: scores with what is undefined, losses of which the first word counts, reasons; nothing is lost by a kill."""
    trials = opened(tmp_path)
    for _ in range(3):
        trials.ask(SPACE, CURRENT)
    for loss in (0.5, 0.7):
        trials.report(0, 0, loss)
    trials.report(0, 1, 0.4)
    trials.score(0, SCORE, "gained too little")
    trials.fail(1, "it diverged")
    trials.spend(12.5)
    again = opened(tmp_path)
    first, failed, running = again.rows()
    assert (first.losses, first.stopped, first.ended) == ({0: 0.5, 1: 0.4}, "gained too little", True)
    assert first.score is not None
    assert (first.score.wql, first.score.best_epoch) == (0.02, 2)
    assert math.isnan(first.score.ridge_wql)
    assert (failed.failure, failed.score, failed.ended) == ("it diverged", None, True)
    assert (running.ended, again.seconds) == (False, 12.5)


def test_a_trial_that_was_running_is_run_again_with_its_values_and_no_other(tmp_path):
    """Law: none stays running for ever, and none that has ended is repeated."""
    trials = opened(tmp_path)
    asked = [trials.ask(SPACE, CURRENT) for _ in range(3)]
    trials.score(0, SCORE)
    again = opened(tmp_path)
    assert again.interrupted(CURRENT) == asked[1:]
    again.score(1, SCORE)
    again.fail(2, "no")
    assert opened(tmp_path).interrupted(CURRENT) == []


def test_a_trial_without_values_had_not_begun(tmp_path):
    """A process may die between the two: the file's own setting is known all the same, any other fails."""
    trials = opened(tmp_path)
    trials.ask(SPACE, CURRENT)
    trials.ask(SPACE, CURRENT)
    with sqlite3.connect(tmp_path / "trials.db") as connection:
        connection.execute("delete from trial_user_attributes")
    (again,) = opened(tmp_path).interrupted(CURRENT)
    assert (again.number, again.values) == (0, CURRENT)
    assert "before it had a setting" in opened(tmp_path).rows()[1].failure


def test_other_data_are_another_study_of_the_same_file(tmp_path):
    """Law: trials on other data cannot be compared, so they are not mixed."""
    opened(tmp_path, "monday").ask(SPACE, CURRENT)
    assert len(opened(tmp_path, "monday").rows()) == 1
    assert opened(tmp_path, "tuesday").rows() == []


class Lost(Fence):
    """Whose run was taken over."""

    def check(self) -> None:
        raise TakenOverError("taken over")


def test_whoever_lost_the_run_writes_no_trial(tmp_path):
    """Law: two tunings of one run at once cannot mix: the fence is asked before each write."""
    opened(tmp_path).ask(SPACE, CURRENT)
    with pytest.raises(TakenOverError):
        opened(tmp_path, fence=Lost())
    trials = opened(tmp_path)
    trials._fence = Lost()
    for write in (
        lambda: trials.ask(SPACE, CURRENT),
        lambda: trials.report(0, 1, 0.5),
        lambda: trials.score(0, SCORE),
        lambda: trials.fail(0, "no"),
        lambda: trials.spend(1.0),
    ):
        with pytest.raises(TakenOverError):
            write()
    assert [row.ended for row in opened(tmp_path).rows()] == [False]


def test_importance_names_the_key_that_matters(tmp_path):
    """The error grows with the distance of the rate from 0.01 alone; of few trials nothing is said."""
    trials = opened(tmp_path)
    for count in range(22):
        trial = trials.ask(SPACE, CURRENT)
        distance = abs(math.log10(trial.values["learning_rate"]) + 2)
        trials.score(trial.number, replace(SCORE, wql=0.02 * (1 + distance)))
        if count == 12:
            assert trials.importance() == {}
    importance = trials.importance()
    assert next(iter(importance)) == "learning_rate"
    assert importance["learning_rate"] > 0.8
    assert sum(importance.values()) == pytest.approx(1.0)


def test_without_optuna_it_says_what_to_install(tmp_path, monkeypatch):
    """Law: the extra by its name, before anything is tried."""
    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(ConfigError, match=r'pip install "nightcast\[tuning\]"'):
        opened(tmp_path)


def test_a_damaged_file_is_told(tmp_path):
    """Law: what is wrong, where, and what to do."""
    (tmp_path / "trials.db").write_bytes(b"not a database" * 100)
    with pytest.raises(StoreError, match=r"the trials in .*trials\.db cannot be read or written"):
        opened(tmp_path)
