"""The pictures of the monitor."""

import pytest
from monitor_stories import PIPELINE, made_rows, story

from lstm.evaluation.monitoring.realised_scores import score_table
from lstm.report.charts.accuracy import _nominal, draw_monitor_pictures


def test_the_promise_of_an_interval_follows_from_its_column():
    """Levels of a half percent too."""
    assert _nominal("coverage_q10_q90") == pytest.approx(0.8)
    assert _nominal("coverage_q02_5_q97_5") == pytest.approx(0.95)


def test_integer_steps_are_drawn_as_numbers():
    """A grid without dates."""
    from lstm.data.frequency.aliases import parse_frequency

    grid = parse_frequency("1")
    pictures = draw_monitor_pictures(story().accuracy, score_table(made_rows(), grid), grid, PIPELINE.monitor)
    assert pictures.over_time is not None
