"""A champion that has become worse than what needs no training gives up its place, but not by chance."""

import numpy as np
import pytest

from contestants import contestant
from lstm.evaluation.gates.incumbent import better_baseline, in_doubt, successor
from lstm.references import GateOutcome

FLAT = np.ones((14, 6, 1))


def contest(champion, **baselines):
    rivals = {f"baseline:{name}": contestant(errors) for name, errors in baselines.items()}
    return {"champion": contestant(champion)} | rivals


def better(champion, **baselines):
    return better_baseline(contest(champion, **baselines), 1)


def outcome(metric, passed):
    return GateOutcome(name="x", metric=metric, passed=passed, reason="r")


def test_the_best_baseline_is_named_with_how_much_better_it_is():
    """1.25 against 1 is 25 % worse in every draw; the improvement on the baseline is -25 %."""
    name, finding = better(1.25 * FLAT, naive=FLAT, seasonal_naive=1.1 * FLAT)
    assert name == "baseline:naive"
    assert finding == (
        "the champion is 25 % worse than baseline:naive (MASE 1.25 against 1), and the 95 % interval of the difference "
        "reaches from 25 % to 25 % worse"
    )


@pytest.mark.parametrize("ridge", [0.1, 5.0])
def test_the_ridge_regression_takes_no_place(ridge):
    """It belongs to a challenger, and cannot serve by itself another night."""
    assert better(FLAT, ridge=ridge * FLAT, naive=2.0 * FLAT) is None


def test_chance_takes_no_place():
    """2 % worse on average with noise of 30 %: the interval reaches over zero."""
    rng = np.random.default_rng(0)
    noise = np.exp(0.3 * rng.normal(size=(14, 6, 1)))
    assert better(1.02 * noise, naive=np.exp(0.3 * rng.normal(size=(14, 6, 1)))) is None


def test_too_little_to_draw_from_takes_no_place():
    """One origin of one series."""
    assert better(2.0 * np.ones((1, 1, 1)), naive=np.ones((1, 1, 1))) is None


def test_without_a_champion_there_is_nothing_to_take():
    """The best baseline then serves by the verdict, without a promotion."""
    assert better_baseline({"baseline:naive": contestant(FLAT)}, 1) is None


@pytest.mark.parametrize(
    ("metric", "passed", "expected"),
    [("late", False, True), ("points", False, True), ("late", True, False), ("mase", False, False)],
)
def test_on_doubtful_data_nobody_takes_anybodys_place(metric, passed, expected):
    """Not a baseline the champion's either: a late or empty table says nothing of who is better."""
    assert in_doubt([outcome(metric, passed)]) is expected


def test_nobody_takes_the_place_of_a_challenger_that_is_promoted():
    """A baseline succeeds a worse champion only where the gates have kept the challenger away."""
    contestants = contest(1.25 * FLAT, naive=FLAT)
    assert successor([outcome("mase", True)], contestants, 1) is None
    assert successor([outcome("mase", False), outcome("late", False)], contestants, 1) is None
    assert successor([outcome("mase", False)], contestants, 1) == better(1.25 * FLAT, naive=FLAT)
