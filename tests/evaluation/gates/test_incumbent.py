"""A champion that has become worse than what needs no training gives up its place, but not by chance."""

import numpy as np
import pytest

from contestants import contestant
from lstm.evaluation.gates.incumbent import better_baseline

FLAT = np.ones((14, 6, 1))


def found(champion, metrics=("mase", "wql"), **baselines):
    others = {f"baseline:{name}": contestant(errors) for name, errors in baselines.items()}
    return better_baseline({"champion": contestant(champion)} | others, metrics, 1)


def test_the_best_baseline_is_named_with_how_much_better_it_is():
    """1.25 against 1 is 25 % worse in every draw; the improvement on the baseline is -25 %."""
    name, finding = found(1.25 * FLAT, naive=FLAT, seasonal_naive=1.1 * FLAT)
    assert name == "baseline:naive"
    assert finding == (
        "the champion is 25 % worse than baseline:naive (MASE 1.25 against 1), and the 95 % interval of the difference "
        "reaches from 25 % to 25 % worse"
    )


@pytest.mark.parametrize("ridge", [0.1, 5.0])
def test_the_ridge_regression_takes_no_place(ridge):
    """It belongs to a challenger, and cannot serve by itself another night."""
    assert found(FLAT, ridge=ridge * FLAT, naive=2.0 * FLAT) is None


def test_chance_takes_no_place():
    """2 % worse on average with noise of 30 %: the interval reaches over zero."""
    rng = np.random.default_rng(0)
    noise = np.exp(0.3 * rng.normal(size=(14, 6, 1)))
    assert found(1.02 * noise, naive=np.exp(0.3 * rng.normal(size=(14, 6, 1)))) is None


def test_too_little_to_draw_from_takes_no_place():
    """One origin of one series."""
    assert found(2.0 * np.ones((1, 1, 1)), naive=np.ones((1, 1, 1))) is None


def test_without_a_champion_there_is_nothing_to_take():
    """The best baseline then serves by the verdict, without a promotion."""
    assert better_baseline({"baseline:naive": contestant(FLAT)}, ("mase",), 1) is None
