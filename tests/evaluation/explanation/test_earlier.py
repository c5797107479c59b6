"""Earlier windows: which there are, and what is chosen where histories are short."""

import numpy as np

from lstm.evaluation.explanation.earlier import Question, earlier_windows, mean_of_earlier, question_for
from panels import make_panel


def test_windows_lie_whole_seasons_back_as_far_as_the_series_reaches() -> None:
    """a has 30 steps, b 12: with ten needed a has the windows at rows 22, 15 and 8 less, b none at all.

    a begins at row 0, so that its cutoff is row 29; the row needs nine before it.
    """
    panel = make_panel({"a": np.arange(30.0), "b": np.arange(12.0)}, horizon=2, cutoff=30)
    series = np.arange(2)
    rows = panel.row_of(series, panel.cutoff)
    window, cutoffs = earlier_windows(panel, series, rows, Question((7,), 7), needed=10)
    assert window.tolist() == [0, 0]
    assert (rows[0] - cutoffs).tolist() == [7, 14]


def test_the_mean_is_over_the_windows_that_there_are() -> None:
    """1 and 3 for the first window, nothing for the second, 5 for the third."""
    means = mean_of_earlier(np.array([[1.0], [3.0], [5.0]]), np.array([0, 0, 2]), 3)
    np.testing.assert_array_equal(means[:, 0], [2.0, np.nan, 5.0])


def test_the_longest_season_that_tells_and_fits_is_taken() -> None:
    """200 hours hold a day and a week; the week tells nothing; without a telling one the longest counts."""
    panel = make_panel({"a": np.arange(200.0)}, horizon=2, cutoff=200)
    assert question_for(panel, (24, 168), (24,), needed=10).apart == 24
    assert question_for(panel, (24, 168), (24, 168), needed=10).apart == 168
    assert question_for(panel, (24, 168), (), needed=10).apart == 168


def test_where_histories_are_short_windows_lie_nearer() -> None:
    """20 steps leave no window a week of hours ago, and with 15 needed not one a day ago: then each step before."""
    panel = make_panel({"a": np.arange(40.0)}, horizon=2, cutoff=40)
    assert question_for(panel, (24, 168), (24, 168), needed=10).apart == 24
    assert question_for(panel, (24, 168), (24, 168), needed=30).apart == 1
