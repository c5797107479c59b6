"""The picture of a tuning."""

import math

import pytest
from tunings import search_of, tried

from lstm.report.charts.style import LARGEST_PNG
from lstm.report.charts.trials import gain_over_current, trials_picture


def test_the_gain_is_a_share_of_the_error_of_the_files_setting():
    """An objective lower by the logarithm of two is half the error; what has no score has no gain."""
    search = search_of(tried(0, 1.0), tried(1, 1.0 - math.log(2)), tried(2, None, failure="no"))
    assert gain_over_current(search) == {0: 0.0, 1: pytest.approx(0.5)}


@pytest.mark.parametrize("importance", [{}, {"hidden": 0.7, "dropout": 0.3}])
def test_it_is_drawn_with_and_without_importance(importance):
    """Law: of one trial, too, and where some stopped early or are far worse than all others."""
    many = [tried(number, 0.01 * number, stopped="gained too little" if number % 3 == 1 else "") for number in range(9)]
    for trials in ([tried(0, 0.0)], [*many, tried(9, 5.0)]):
        picture = trials_picture(search_of(*trials, importance=importance), "the file's setting")
        assert picture.startswith(b"\x89PNG")
        assert len(picture) <= LARGEST_PNG
