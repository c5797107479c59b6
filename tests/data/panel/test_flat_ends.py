"""Runs of one value that end a series."""

import numpy as np

from lstm.data.panel.flat_ends import flat_ends
from panels import make_panel

NAN = float("nan")


def test_flat_ends_count_observed_steps_of_the_last_value() -> None:
    """5 5 . 5: three observed; 1 2 2: two; a single value is no constant."""
    panel = make_panel(
        {"gap": [5.0, 5.0, NAN, 5.0], "end": [1.0, 2.0, 2.0], "one": [7.0], "none": [NAN]}, horizon=1, cutoff=9
    )
    ends = flat_ends(panel, panel.targets[:, 0])
    assert ends.flat.tolist() == [3, 2, 1, 0]
    assert ends.value.tolist() == [5.0, 2.0, 7.0, 0.0]
    assert (ends.since - panel.indptr[:-1]).tolist()[:3] == [0, 1, 0]
    assert ends.constant.tolist() == [True, False, False, False]
    np.testing.assert_array_equal(ends.count, [3, 3, 1, 0])
