"""Some of a panel."""

import numpy as np

from lstm.data.panel.selection import earlier_cutoff, shorter_horizon, some_series
from panels import make_panel


def test_some_series_keep_their_values_and_their_beginnings() -> None:
    """The first and the third of three."""
    panel = make_panel({"a": [1, 2, 3], "b": [4], "c": [5, 6]}, horizon=2, cutoff=10)
    chosen = some_series(panel, np.array([0, 2]))
    assert chosen.names == ("a", "c")
    assert chosen.indptr.tolist() == [0, 5, 9]
    assert chosen.start.tolist() == [8, 9]
    np.testing.assert_array_equal(chosen.targets[:, 0], [1, 2, 3, np.nan, np.nan, 5, 6, np.nan, np.nan])


def test_a_shorter_horizon_drops_the_rows_at_the_end_of_every_series() -> None:
    """Law: it is the panel that a run with that horizon would have made."""
    histories = {"a": [1, 2, 3], "b": [4]}
    cut = shorter_horizon(make_panel(histories, horizon=3, cutoff=10), 1)
    assert cut.fingerprint == make_panel(histories, horizon=1, cutoff=10).fingerprint


def test_an_earlier_cutoff_hides_what_came_later_and_who_had_not_begun():
    """Law: the panel of a run as of then, by today's values: covariates known ahead reach to its own horizon's end."""
    histories = {"a": [1, 2, 3, 4, 5], "late": [6, 7]}
    future = np.arange(11.0)[:, None]
    panel = make_panel(histories, horizon=2, cutoff=10, future=future, future_names=("plan",))
    earlier = earlier_cutoff(panel, 8)
    assert (earlier.names, earlier.cutoff, earlier.start.tolist()) == (("a",), 8, [6])
    np.testing.assert_array_equal(earlier.targets[:, 0], [1, 2, 3, np.nan, np.nan])
    np.testing.assert_array_equal(earlier.future[:, 0], [0, 1, 2, 3, 4])
    np.testing.assert_array_equal(panel.targets[:5, 0], [1, 2, 3, 4, 5])
