"""The picture of what was not observed."""

from dataclasses import replace

import pytest
from stories import story_panel

from lstm.config import Calendar
from lstm.report.charts.missing import missing_picture, share_missing
from lstm.report.charts.style import LARGEST_PNG


@pytest.mark.parametrize(("series", "targets"), [(1, 1), (29, 2), (1000, 1)])
def test_missing_values_of_any_panel_are_drawn(series: int, targets: int) -> None:
    """Rows for pairs, for series, or for groups of series."""
    panel = story_panel([f"s{i}" for i in range(series)], tuple(f"t{i}" for i in range(targets)))
    assert len(missing_picture(panel)) <= LARGEST_PNG


def test_the_share_of_missing_targets_leaves_the_horizon_out() -> None:
    """10 of the 120 steps are missing in `a`, none of the 117 in `b`: 10 of 237."""
    assert share_missing(story_panel(["a", "b"])) == pytest.approx(10 / 237)


def test_closed_steps_are_not_missing_in_the_share() -> None:
    """120 days up to Tuesday, 22 October 2013, of which 17 are Sundays; one of the 10 missing days is a Sunday."""
    panel = replace(story_panel(["a"]), calendar=Calendar(closed=("Sun",)))
    assert share_missing(panel) == pytest.approx(9 / 103)
