"""Which series a training reads of a panel that has more than it could learn from."""

import numpy as np

from lstm.model.fitting.trained_series import sample_choice, trained_series
from panels import make_panel

# Ten series of 10 steps and a horizon of 2: 120 steps.
PANEL = make_panel({name: list(range(10)) for name in "abcdefghij"}, horizon=2, cutoff=9)


def series_of(most_steps: int, seed: int) -> list[int]:
    series = trained_series(PANEL, most_steps, seed)
    assert series is not None
    return list(series.tolist())


def test_a_panel_that_has_room_is_read_whole():
    assert trained_series(PANEL, 120, seed=1) is None


def test_whole_series_are_drawn_by_the_seed_as_many_as_there_is_room_for():
    """119 steps hold nine series of 12 steps, 59 four of them."""
    drawn = [series_of(59, seed) for seed in range(20)]
    assert all(len(series) == 4 and series == sorted(series) for series in drawn)
    assert series_of(59, 3) == drawn[3]
    assert {place for series in drawn for place in series} == set(range(10))
    assert len(series_of(119, 1)) == 9


def test_a_series_that_is_longer_than_the_room_is_read_all_the_same():
    assert len(series_of(5, 1)) == 1


def test_the_card_says_how_many_series_were_read_and_why():
    choice = sample_choice(PANEL, np.arange(4), 59)
    assert (choice.name, choice.value) == ("series trained on", "4 of 10")
    assert choice.reason == "training.most_steps = 59 of 120 steps, the horizons among them; drawn by the seed"
