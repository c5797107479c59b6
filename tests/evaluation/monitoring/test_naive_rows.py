"""The seasonal naive forecast of single rows."""

import numpy as np

from lstm.evaluation.monitoring.naive_rows import seasonal_naive_at
from lstm.model.baselines.methods import seasonal_naive
from panels import make_panel


def test_the_naive_forecast_of_a_row_is_that_of_the_baseline():
    """Law: row by row the same as `baselines.seasonal_naive`, also over gaps, two seasons ahead and a late start."""
    rng = np.random.default_rng(3)
    histories = {"A": rng.normal(size=40), "B": rng.normal(size=9)}
    histories["A"][rng.random(40) < 0.5] = np.nan
    histories["A"][-20:-10] = np.nan
    panel = make_panel(histories, horizon=9, cutoff=100, dtype=np.float64)
    series = np.array([0, 0, 0, 1, 1])
    cutoffs = np.array([99, 93, 80, 98, 92])
    whole = seasonal_naive(panel, series, cutoffs, (0.5,), 4)[:, :, 0, 0]
    steps = np.arange(1, 10)
    rows = np.repeat(series, 9), np.zeros(45, int), np.repeat(cutoffs, 9), (cutoffs[:, None] + steps).ravel()
    np.testing.assert_array_equal(seasonal_naive_at(panel, *rows, season=4).reshape(5, 9), whole)
