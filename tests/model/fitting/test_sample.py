"""Which series a training reads of a panel that has more than it could learn from."""

import numpy as np

from lstm.model.fitting.sample import sample_choice, trained_series
from panels import make_panel

# Ten series of 10 steps and a horizon of 2: 120 steps.
PANEL = make_panel({name: list(range(10)) for name in "abcdefghij"}, horizon=2, cutoff=9)


def test_a_panel_that_has_room_is_read_whole():
    assert trained_series(PANEL, 120, seed=1) is None


def test_whole_series_are_drawn_by_the_seed_as_many_as_there_is_room_for():
    """119 steps hold nine series of 12 steps, 59 four of them."""
    drawn = {seed: trained_series(PANEL, 59, seed) for seed in range(20)}
    for series in drawn.values():
        assert series is not None
        assert len(series) == 4
        assert (np.diff(series) > 0).all()
    assert np.array_equal(drawn[3], trained_series(PANEL, 59, 3))
    assert {place for series in drawn.values() for place in series.tolist()} == set(range(10))
    nine = trained_series(PANEL, 119, 1)
    assert nine is not None
    assert len(nine) == 9


def test_a_series_that_is_longer_than_the_room_is_read_all_the_same():
    assert len(trained_series(PANEL, 5, 1)) == 1


def test_the_card_says_how_many_series_were_read_and_why():
    choice = sample_choice(PANEL, np.arange(4))
    assert (choice.name, choice.value) == ("series trained on", "4 of 10")
    assert choice.reason == "training.most_steps has room for these of 120 steps; drawn by the seed"
