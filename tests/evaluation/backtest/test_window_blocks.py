"""Blocks of a backtest: which series are in each, and what becomes of a champion that breaks in places."""

import numpy as np

from lstm.evaluation.backtest import window_blocks
from lstm.evaluation.backtest.window_blocks import as_it_would_be_served, blocks
from panels import make_panel


def test_a_block_holds_as_many_series_as_its_bytes(monkeypatch):
    """Four windows a series of a step, 3 quantiles and 8 bytes, and 6 rows of 8 bytes: 144. d has none."""
    panel = make_panel({name: [1, 2, 3, 4, 5] for name in "abcd"}, horizon=1, cutoff=4)
    series = np.repeat([0, 1, 2], 4)
    rows = panel.row_of(series, np.tile(np.arange(4), 3))
    monkeypatch.setattr(window_blocks, "BLOCK_BYTES", 288)
    first, second = blocks(panel, panel, series, rows, np.ones((4, 1)), quantiles=3)
    assert (first.first, first.panel.names, first.series.tolist()) == (0, ("a", "b"), [0] * 4 + [1] * 4)
    assert (second.first, second.panel.names, second.cutoffs.tolist()) == (2, ("c", "d"), [0, 1, 2, 3])
    assert (first.before.timely, second.before.timely) == (0, 8)


def test_one_series_that_is_larger_than_a_block_is_a_block(monkeypatch):
    monkeypatch.setattr(window_blocks, "BLOCK_BYTES", 1)
    panel = make_panel({name: [1, 2, 3] for name in "ab"}, horizon=1, cutoff=2)
    series = np.array([1, 0, 1])
    parts = list(blocks(panel, panel, series, panel.row_of(series, np.array([1, 1, 0])), np.ones((2, 1)), quantiles=1))
    assert [(part.first, part.cutoffs.tolist()) for part in parts] == [(0, [1]), (1, [1, 0])]


def test_windows_that_the_champion_cannot_forecast_are_scored_as_they_would_be_served():
    """By the seasonal naive; a champion that can forecast none is no contestant."""
    fallback = np.zeros((2, 1, 1, 1))
    forecasts = {"champion": np.array([1.0, np.nan]).reshape(2, 1, 1, 1), "baseline:seasonal_naive": fallback}
    assert as_it_would_be_served(forecasts, "champion")
    assert forecasts["champion"].ravel().tolist() == [1.0, 0.0]
    forecasts["champion"] = np.full((2, 1, 1, 1), np.inf)
    assert not as_it_would_be_served(forecasts, "champion")
