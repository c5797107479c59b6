"""What trials reach at home: checkpoints, losses, and whether it is enough."""

from dataclasses import replace

import pytest

from lstm.config import Between
from lstm.evaluation.tuning.space import Dimension
from lstm.evaluation.tuning.trial import TrialScore
from lstm.model.training.checkpoint import EpochRow
from lstm.steps.tuning.trial_home import TrialHome
from lstm.storage.runs.run_folder import RunStore
from lstm.storage.sql.fence import OPEN
from lstm.storage.trials.study import Trials

SPACE = [Dimension("loss", (None, "huber")), Dimension("dropout", Between(low=0.0, high=0.5))]
CURRENT = {"loss": None, "dropout": 0.0}
SCORE = TrialScore(0.02, 0.5, 0.8, 0.03, 4, 2, "early")


def row(epoch: int, loss: float) -> EpochRow:
    return EpochRow(epoch, 5 * epoch, loss, loss, 0.01, 1.0, 32)


@pytest.fixture
def home(tmp_path):
    trials = Trials(tmp_path / "trials.db", "m", 1, OPEN)
    return TrialHome(trials, RunStore(str(tmp_path), "run"), "checkpoints", 40, 100.0, lambda: 0.0)


def asked(home: TrialHome, loss: str | None) -> int:
    """A trial of a loss function."""
    number = home.trials.ask(SPACE, CURRENT).number
    home.trials._attribute(number, "values", {"loss": loss, "dropout": 0.1})
    return number


def with_gains(home: TrialHome, count: int, loss: str | None) -> None:
    """Trials that gained a tenth by epoch 4, all of one loss function."""
    for _ in range(count):
        number = asked(home, loss)
        home.begin(number, "member-0", 1.0)
        home.epoch(number, "member-0", row(4, 0.9))
        home.trials.score(number, SCORE)


def test_a_trial_that_gains_little_is_stopped_and_the_reason_kept(home):
    """Law: after five of its kind; its score stays with the reason."""
    with_gains(home, 5, None)
    number = asked(home, None)
    home.begin(number, "member-0", 2.0)
    assert not home.epoch(number, "member-0", row(3, 2.0))
    assert home.epoch(number, "member-0", row(4, 1.99))
    home.score(number, SCORE)
    assert home.trials.rows()[number].stopped == "gained too little over its start"


def test_trials_of_another_loss_are_not_compared_with(home):
    """Law: a share of a squared error is another share."""
    with_gains(home, 5, None)
    number = asked(home, "huber")
    home.begin(number, "member-0", 2.0)
    assert not home.epoch(number, "member-0", row(4, 2.0))


def test_the_budget_stops_every_trial_but_the_first(home):
    """Law: the file's own setting is what all others are compared with."""
    over = replace(home, budget=0.0)
    for _ in range(2):
        over.trials.ask(SPACE, CURRENT)
        over.begin(0, "member-0", 1.0)
    assert not over.epoch(0, "member-0", row(1, 0.9))
    assert over.epoch(1, "member-0", row(1, 0.9))
    over.score(1, SCORE)
    assert over.trials.rows()[1].stopped == "the budget was over"


def test_only_the_first_network_of_a_trial_is_compared_by(home):
    """A trial with several members has several histories; one is told."""
    home.trials.ask(SPACE, CURRENT)
    home.begin(0, "member-1", 3.0)
    home.epoch(0, "member-1", row(1, 2.0))
    assert home.trials.rows()[0].losses == {}


def test_checkpoints_lie_by_trial_and_go_with_its_end(home):
    """Law: two trials train the same phase; what has ended needs no checkpoint."""
    for number in range(3):
        home.trials.ask(SPACE, CURRENT)
        home.write(number, "member-0", bytes([number]))
    assert [home.read(number, "member-0") for number in range(3)] == [b"\0", b"\1", b"\2"]
    home.score(0, SCORE)
    home.fail(1, "it diverged")
    assert [home.read(number, "member-0") for number in range(3)] == [None, None, b"\2"]


def test_seconds_are_counted_over_all_processes(tmp_path):
    """Law: what an earlier process has searched is part of the budget."""
    trials = Trials(tmp_path / "trials.db", "m", 1, OPEN)
    trials.spend(30.0)
    now = [5.0]
    home = TrialHome(trials, RunStore(str(tmp_path), "run"), "checkpoints", 40, 40.0, lambda: now[0])
    assert (home.seconds, home.over) == (30.0, False)
    now[0] = 15.0
    assert (home.seconds, home.over) == (40.0, True)
