"""One trial: trained, scored in the targets' units, stopped, and what becomes of errors."""

import math
import time
from dataclasses import replace

import numpy as np
import pytest

from lstm.config import Model, Training
from lstm.data.panel.seasonal_scale import seasonal_scale
from lstm.errors import EvaluationError
from lstm.evaluation.tuning.trial import Trial, TrialData, TrialScore, run_trial
from lstm.model.fitting.fit_job import FitSettings
from lstm.references import Contract
from panels import make_panel
from trainings import windows_of

LEVELS = (0.1, 0.5, 0.9)
SCORE = TrialScore(0.02, 0.5, 0.8, 0.03, 4, 2, "early")


class Home:
    """Keeps what a trial tells; stops it from an epoch on."""

    def __init__(self, stop_from: int = 99) -> None:
        self.kept: dict[tuple[int, str], bytes] = {}
        self.starts: list[tuple[int, str, float]] = []
        self.losses: list[float] = []
        self.scores: dict[int, TrialScore] = {}
        self.failures: dict[int, str] = {}
        self.stop_from = stop_from

    def __call__(self, method, *arguments):
        return getattr(self, method)(*arguments)

    def read(self, number, phase):
        return self.kept.get((number, phase))

    def write(self, number, phase, content):
        self.kept[number, phase] = content

    def begin(self, number, phase, loss):
        self.starts.append((number, phase, loss))

    def epoch(self, number, phase, row):
        self.losses.append(row.validation_loss)
        return row.epoch >= self.stop_from

    def score(self, number, score):
        self.scores[number] = score

    def fail(self, number, why):
        self.failures[number] = why


@pytest.fixture(scope="module")
def data() -> TrialData:
    rng = np.random.default_rng(0)
    values = {name: 20 + rng.normal(size=150) for name in "abcd"}
    panel = make_panel(values, horizon=3, cutoff=150, dtype=np.float32)
    windows = windows_of(panel)
    contract = Contract(targets=("y",), series=("id",), horizon=3, frequency="D", quantile_levels=LEVELS)
    training = Training(max_epochs=3, epoch_steps=5, batch_size=32)
    settings = FitSettings(Model(look_back=14), training, (7,), contract, None)
    return TrialData(panel, windows, settings, seasonal_scale(panel, 7, windows.splits.validation_end), time.monotonic)


def test_a_trial_has_one_network_no_refit_and_scores_in_units_of_the_target(data):
    """Law: MASE and WQL of the same windows; noise of one around its mean, forecast by it, is sqrt(2) below the naive.

    The start and each epoch's loss are told, the checkpoint lies at home, and the score is that of a second run.
    """
    home, again = Home(), Home()
    run_trial(data, Trial(4, {"hidden": 4}), home)
    run_trial(data, Trial(4, {"hidden": 4}), again)
    score = home.scores[4]
    assert score == again.scores[4]
    assert score.mase == pytest.approx(1 / math.sqrt(2), abs=0.12)
    assert 0.02 < score.wql < 0.05
    assert 0.6 < score.coverage < 0.95
    assert [start[:2] for start in home.starts] == [(4, "member-0")]
    assert score.epochs == len(home.losses) <= 3
    assert set(home.kept) == {(4, "member-0")}


def test_the_units_of_scores_do_not_depend_on_the_transform(data):
    """Trial: losses of training in normalised units differ by their transform; scores are near to each other."""
    home = Home()
    run_trial(data, Trial(0, {"transform": "log"}), home)
    run_trial(data, Trial(1, {"transform": "identity"}), home)
    assert home.scores[0].wql == pytest.approx(home.scores[1].wql, rel=0.2)


def test_a_trial_that_is_stopped_keeps_its_best_epoch_and_is_scored(data):
    """Law: no work is thrown away; what it would have been after its end nobody knows."""
    home = Home(stop_from=1)
    run_trial(data, Trial(0, {"hidden": 4}), home)
    assert (home.scores[0].epochs, home.scores[0].stopped) == (1, "deadline")


def test_an_interrupted_trial_goes_on_from_its_checkpoint_to_the_same_score(data):
    """Law: epochs that are done are not repeated, and nobody is told the start twice."""
    whole, half = Home(), Home()
    run_trial(data, Trial(0, {"hidden": 4}), whole)

    def dies(method, *arguments):
        answer = half(method, *arguments)
        if method == "epoch":
            raise KeyboardInterrupt
        return answer

    with pytest.raises(KeyboardInterrupt):
        run_trial(data, Trial(0, {"hidden": 4}), dies)
    told = len(half.losses)
    run_trial(data, Trial(0, {"hidden": 4}), half)
    assert half.scores[0] == whole.scores[0]
    assert half.losses == whole.losses
    assert (told, len(half.starts)) == (1, 1)


def test_a_setting_that_diverges_or_does_not_go_together_fails_alone(data):
    """Law: the search goes on, and the reason is kept."""
    home = Home()
    run_trial(data, Trial(0, {"learning_rate": 1e12}), home)
    run_trial(data, Trial(1, {"layers": 0}), home)
    assert "loss" in home.failures[0]
    assert "greater than or equal to 1" in home.failures[1]
    assert home.scores == {}


def test_the_objective_is_the_mean_of_the_logarithms():
    """0.02 and 0.5 have the product 0.01, of whose root the logarithm is that of 0.1; what is undefined is left out."""
    assert SCORE.objective == pytest.approx(math.log(0.1))
    assert replace(SCORE, mase=math.nan).objective == pytest.approx(math.log(0.02))
    with pytest.raises(EvaluationError, match="cannot be compared"):
        _ = replace(SCORE, mase=math.nan, wql=math.nan).objective
