"""AutoETS and Theta: what is fitted, and that it is the library's own answer."""

import numpy as np
import pytest

from lstm.model.baselines import statistical as baselines_statistical
from lstm.model.baselines.statistical import STATISTICAL, known_past, statsforecast_installed
from panels import make_panel

NAN = np.nan
LEVELS = (0.05, 0.1, 0.5, 0.9)


def test_a_past_has_no_holes_and_begins_at_its_first_observation():
    """2, a hole, 6 is bridged by 4; before the first and after the newest observation nothing is made up."""
    panel = make_panel({"other": [9.0], "a": [NAN, 2, NAN, 6, NAN, NAN, 8]}, horizon=2, cutoff=10)
    past, since = known_past(panel, 1, 9, 0)
    assert (past.tolist(), since) == ([2, 4, 6], 2)
    assert known_past(panel, 1, 4, 0)[0].tolist() == []
    assert known_past(panel, 1, 1, 0)[0].tolist() == []
    past, since = known_past(panel, 1, 10, 0)
    np.testing.assert_allclose(past, [2, 4, 6, 6 + 2 / 3, 6 + 4 / 3, 8])
    assert since == 0


def test_only_the_last_steps_of_a_long_past_are_read(monkeypatch):
    """The newest FIT_STEPS of them."""
    monkeypatch.setattr(baselines_statistical, "FIT_STEPS", 3)
    panel = make_panel({"a": [1, 2, 3, 4, 5]}, horizon=1, cutoff=4)
    assert known_past(panel, 0, 4, 0)[0].tolist() == [3, 4, 5]


class Library:
    """In the library's place: repeats the last value, with ends as far as their level says; fails on what is short."""

    def __init__(self) -> None:
        self.calls: list[tuple[int, int, list[float], int]] = []

    def fit(self, past, horizon, widths, season):
        self.calls.append((len(past), horizon, widths, season))
        if len(past) < 3:
            raise NotImplementedError("tiny datasets")
        mean = past[-1] + np.arange(1.0, horizon + 1)
        return {"mean": mean} | {f"{end}-{w}": mean + sign * w for w in widths for end, sign in (("lo", -1), ("hi", 1))}


@pytest.fixture
def library(monkeypatch) -> Library:
    library = Library()
    monkeypatch.setattr(baselines_statistical, "_library", lambda method: library.fit)
    return library


def test_quantiles_are_ends_of_central_intervals(library):
    """0.05 is the lower end of 90 %, 0.1 and 0.9 the ends of 80 %, 0.5 the mean."""
    panel = make_panel({"a": np.arange(20.0)}, horizon=2, cutoff=19)
    forecast = STATISTICAL["theta"](panel, np.array([0]), np.array([19]), LEVELS, 7)
    assert library.calls == [(20, 2, [80.0, 90.0], 7)]
    np.testing.assert_array_equal(forecast[0, :, :, 0], [[20 - 90, 20 - 80, 20, 100], [21 - 90, 21 - 80, 21, 101]])


def test_what_ended_early_is_forecast_from_where_it_ended(library):
    """It ended two steps before the cutoff, with a 4: the steps after the cutoff are the third and the fourth ahead."""
    panel = make_panel({"a": [1, 2, 3, 4]}, horizon=2, cutoff=9, ends={"a": 7})
    forecast = STATISTICAL["theta"](panel, np.array([0]), np.array([9]), (0.5,), 7)
    assert library.calls == [(4, 4, [], 1)]  # without two whole seasons there is no season
    np.testing.assert_array_equal(forecast[0, :, 0, 0], [7, 8])


def test_a_series_that_the_library_cannot_fit_has_no_forecast_and_harms_no_other(library, caplog):
    """Law: ours does not fail because the library does; it says of which series."""
    panel = make_panel({"tiny": [1, 2], "a": [1, 2, 3], "empty": [NAN]}, horizon=1, cutoff=2)
    series = np.array([0, 1, 2])
    forecast = STATISTICAL["auto_ets"](panel, series, np.array([2, 2, 2]), (0.5,), 1)
    np.testing.assert_array_equal(forecast[:, 0, 0, 0], [NAN, 4, NAN])
    assert "AutoETS has no forecast of 1 series, first tiny" in caplog.text


def test_nothing_after_the_cutoff_is_fitted(library):
    """Law: later values may be anything."""
    panel = make_panel({"a": [1, 2, 3, 4, 1e6, 1e6]}, horizon=1, cutoff=5)
    forecast = STATISTICAL["theta"](panel, np.array([0]), np.array([3]), (0.5,), 1)
    assert forecast[0, 0, 0, 0] == 5


@pytest.mark.slow
@pytest.mark.skipif(not statsforecast_installed(), reason="the extra statsforecast is not installed")
@pytest.mark.parametrize(("name", "method"), [("auto_ets", "AutoETS"), ("theta", "Theta")])
def test_forecasts_are_those_of_the_library(name, method):
    """The library's own way in, its class over a table, on a weekly season; and twice is once, simulations too."""
    import pandas as pd
    from statsforecast import StatsForecast, models

    rng = np.random.default_rng(1)
    values = (100 + 10 * np.sin(np.arange(70) * 2 * np.pi / 7) + rng.normal(size=70)).astype(np.float32)
    panel = make_panel({"a": values}, horizon=7, cutoff=69)
    forecast = STATISTICAL[name](panel, np.array([0]), np.array([69]), (0.1, 0.5, 0.9), 7)
    table = pd.DataFrame({"unique_id": "a", "ds": np.arange(70), "y": values.astype(np.float64)})
    expected = StatsForecast([getattr(models, method)(season_length=7)], freq=1).forecast(df=table, h=7, level=[80])
    columns = [f"{method}-lo-80", method, f"{method}-hi-80"]
    np.testing.assert_allclose(forecast[0, :, :, 0], expected[columns].to_numpy(), rtol=1e-6)
    again = STATISTICAL[name](panel, np.array([0]), np.array([69]), (0.1, 0.5, 0.9), 7)
    np.testing.assert_array_equal(again, forecast)
