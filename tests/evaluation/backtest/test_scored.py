"""Sums of errors, and the metrics that follow from them by the formulas of the table."""

import numpy as np
import pytest

from lstm.evaluation.backtest.scored import Scored, scored
from lstm.gate_metrics import FORMULAS

# Truth 10, 20 and a hole; medians 12, 19 and 7, ends of the 80 % interval one below and one above; the scale is 4.
# Pinball of 12 for 10: 0.9, 1 and 0.3 at the levels; of 19 for 20: 0.2, 0.5 and 0; twice their means are 4.4 / 3 and
# 1.4 / 3.
BY_HAND = {
    "mae": 3 / 2,
    "rmse": np.sqrt((4 + 1) / 2),
    "smape": (200 * 2 / 22 + 200 / 39) / 2,
    "mase": 3 / 2 / 4,
    "wql": (4.4 + 1.4) / 3 / 30,
    "bias": (2 - 1) / 2 / 4,
}


def one_series() -> Scored:
    """Three steps of one window, the last one without truth."""
    medians = np.array([12.0, 19.0, 7.0])
    return scored(
        np.array([10.0, 20.0, np.nan]).reshape(1, 3, 1),
        np.stack([medians - 1.0, medians, medians + 1.0], axis=1)[None, :, :, None],
        series=np.array([0]),
        origin=np.array([0]),
        levels=(0.1, 0.5, 0.9),
        scale=np.array([[4.0]]),
    )


@pytest.mark.parametrize("metric", FORMULAS)
def test_each_formula_gives_what_is_worked_by_hand(metric):
    """A metric that is new in the table comes with its number here."""
    assert one_series().error(metric) == pytest.approx(BY_HAND[metric])
    assert one_series().by_series(metric)[0, 0] == pytest.approx(BY_HAND[metric])
    assert one_series().value(metric) == one_series().error(metric)


def test_points_series_and_coverage_are_counted_over_what_was_observed():
    """The hole is no point; 20 lies within 18 to 20, 10 not within 11 to 13."""
    contestant = one_series()
    assert (contestant.value("points"), contestant.value("series")) == (2, 1)
    assert contestant.coverage((0.1, 0.9)) == 0.5
    assert np.isnan(contestant.coverage((0.2, 0.8)))
