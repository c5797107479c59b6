"""How long a series is expected."""

from lstm.data.frequency.aliases import parse_frequency
from lstm.data.panel.lifecycle import ended_series, expected_steps, newest_steps
from panels import make_panel

NAN = float("nan")


def test_a_series_has_ended_when_its_last_value_lies_more_days_back_than_it_is_expected() -> None:
    """The table ends at 100: with 30 days, 70 is still expected and 69 is not; `never` has not ended."""
    histories = {"A": [1.0] * 9, "kept": [1.0] * 9, "ended": [1.0] * 9, "never": [NAN] * 9}
    panel = make_panel(histories, horizon=2, cutoff=103, ends={"A": 100, "kept": 70, "ended": 69, "never": 103})
    assert newest_steps(panel).tolist()[:3] == [100, 70, 69]
    assert ended_series(panel, 30).tolist() == [False, False, True, False]


def test_days_are_steps_of_the_grid() -> None:
    assert [expected_steps(parse_frequency(alias), 30) for alias in ("h", "D", "W", "MS", "1")] == [720, 30, 5, 1, 30]
