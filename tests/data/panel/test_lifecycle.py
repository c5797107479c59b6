"""How long a series is expected."""

import numpy as np

from lstm.data.frequency.aliases import parse_frequency
from lstm.data.panel.flat_ends import constant_series, flat_ends
from lstm.data.panel.lifecycle import ended_series, expected_steps, newest_steps
from panels import make_panel

NAN = float("nan")


def test_a_series_has_ended_when_its_last_value_lies_more_days_back_than_it_is_expected() -> None:
    """Case 56. The table ends at 100: with 30 days, 70 is still expected and 69 is not; `never` has not ended."""
    histories = {"A": [1.0] * 9, "kept": [1.0] * 9, "ended": [1.0] * 9, "never": [NAN] * 9}
    panel = make_panel(histories, horizon=2, cutoff=103, ends={"A": 100, "kept": 70, "ended": 69, "never": 103})
    assert newest_steps(panel).tolist()[:3] == [100, 70, 69]
    assert ended_series(panel, 30).tolist() == [False, False, True, False]


def test_days_are_steps_of_the_grid() -> None:
    assert [expected_steps(parse_frequency(alias), 30) for alias in ("h", "D", "W", "MS", "1")] == [720, 30, 5, 1, 30]


def test_flat_ends_count_observed_steps_of_the_last_value() -> None:
    """5 5 . 5: three observed; 1 2 2: two; a single value is no constant."""
    panel = make_panel(
        {"gap": [5.0, 5.0, NAN, 5.0], "end": [1.0, 2.0, 2.0], "one": [7.0], "none": [NAN]}, horizon=1, cutoff=9
    )
    ends = flat_ends(panel, panel.targets[:, 0])
    assert ends.flat.tolist() == [3, 2, 1, 0]
    assert ends.value.tolist() == [5.0, 2.0, 7.0, 0.0]
    assert (ends.since - panel.indptr[:-1]).tolist()[:3] == [0, 1, 0]
    assert constant_series(panel).tolist() == [True, False, False, False]
    np.testing.assert_array_equal(ends.count, [3, 3, 1, 0])
