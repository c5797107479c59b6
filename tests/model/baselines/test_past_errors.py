"""What short series borrow: worked out over all series, and the same however few of them are then forecast."""

import numpy as np

from lstm.model.baselines.methods import naive, reach_of
from lstm.model.baselines.past_errors import lent_by_peers
from panels import make_panel

LEVELS = (0.1, 0.5, 0.9)


def test_the_median_of_the_peers_relative_to_their_size_is_lent():
    """Errors of a and b are 2 and 8 a step at mean sizes of 28 and 112: what c borrows is a fourteenth of its size."""
    histories = {"a": 2.0 * np.arange(30), "b": 8.0 * np.arange(30), "c": np.full(2, 100.0)}
    panel = make_panel(histories, horizon=1, cutoff=29)
    series, cutoffs = np.arange(3), np.array([28, 28, 29])
    lent = lent_by_peers(panel, series, cutoffs, LEVELS, reach_of("naive", 1, 1))
    np.testing.assert_allclose(lent[0, :, 0], 2.0 / 28.0)
    assert naive(panel, np.array([2]), np.array([29]), LEVELS, 1, lent)[0, 0, 2, 0] == 100.0 + 100.0 * lent[0, 2, 0]


def test_nothing_is_lent_where_nobody_borrows_and_by_nobody_who_ends_later():
    panel = make_panel({"a": np.arange(30.0), "c": [100.0, 101.0]}, horizon=1, cutoff=29)
    reach = reach_of("naive", 1, 1)
    assert np.isnan(lent_by_peers(panel, np.array([0]), np.array([29]), LEVELS, reach)).all()
    assert np.isnan(lent_by_peers(panel, np.array([0, 1]), np.array([29, 28]), LEVELS, reach)).all()
