"""What windows take of memory, and how many fit."""

import pytest

from lstm.model.network.window_memory import bytes_of_window, windows_within


def test_a_window_takes_its_steps_by_its_channels():
    """Ten steps and two ahead; four numbers a target, two a past covariate, one a future and four more a known one.

    12 x (4 x 1 + 2 x 60 + 3 + 4 x 2) + 2 x 1 x 2 = 1,624 numbers of four bytes.
    """
    assert bytes_of_window(1, 60, 3, 10, 2, 2) == 4 * 1_624


@pytest.mark.parametrize(
    ("size", "window", "fit"), [(1_000, 100, 10), (1_000, 10, 64), (1_000, 3_000, 1), (1_000, 0, 64)]
)
def test_as_many_windows_are_gathered_as_fit_one_at_least(size, window, fit):
    assert windows_within(size, window, 64) == fit
