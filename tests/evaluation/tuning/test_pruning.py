"""When a trial is not worth more epochs, in numbers by hand."""

import pytest

from lstm.evaluation.tuning.pruning import gain, hopeless

OTHERS = [{0: 1.0, 1: 0.95, 4: 0.9, 5: 0.8}, {0: 2.0, 2: 1.8}, *[{0: 0.5, 3: 0.45}] * 3]  # all gained a tenth by 4


def test_the_gain_is_that_of_the_best_epoch_over_the_start():
    """0.9 of 1.2 is a quarter less, whatever came after it; without a start nothing can be said."""
    losses = {0: 1.2, 1: 1.1, 2: 0.9, 3: 1.5, 4: 0.6}
    assert gain(losses, 3) == pytest.approx(0.25)
    assert gain(losses, 4) == pytest.approx(0.5)
    assert gain(losses, 0) is None
    assert gain({1: 0.9}, 3) is None


def test_a_high_loss_is_no_reason_and_a_small_gain_is():
    """Law: a trial that starts ten times as high and gains as much goes on; one that gained a fiftieth stops."""
    assert not hopeless({0: 10.0, 4: 9.0}, OTHERS, 4)
    assert not hopeless({0: 1.0, 4: 0.974}, OTHERS, 4)  # a quarter of a tenth is 0.025
    assert hopeless({0: 1.0, 4: 0.976}, OTHERS, 4)


def test_nothing_stops_early_on_nor_beside_few_or_where_others_gained_nothing():
    """Law: the rate rises in the first epochs; and where the start is best for all, there is nothing to tell by."""
    lost = {0: 1.0, 1: 1.1, 4: 1.2}
    assert hopeless(lost, OTHERS, 4)
    assert not hopeless(lost, OTHERS, 3)
    assert not hopeless(lost, OTHERS[1:], 4)
    assert not hopeless(lost, [{0: 1.0, 1: 1.05}] * 5, 4)
