"""Baselines: values by hand, no look ahead, and quantiles from past errors."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from lstm.model.baselines.methods import BASELINES, SEASONS_BACK, naive, seasonal_average, seasonal_naive
from panels import make_panel

NAN = np.nan
LEVELS = (0.1, 0.5, 0.9)


def medians(forecast):
    """(N, H) of the only target."""
    return forecast[:, :, list(LEVELS).index(0.5), 0]


def uneven_panel():
    """Two targets; series of different lengths and ends, one tiny, with holes, over ordinals up to 300."""
    rng = np.random.default_rng(3)
    lengths = {"long": 300, "late": 40, "ended": 150, "tiny": 3}
    histories = {name: rng.normal(100, 10, size=length) for name, length in lengths.items()}
    panel = make_panel(histories, horizon=9, cutoff=300, ends={"ended": 280})
    targets = np.column_stack([panel.targets[:, 0], panel.targets[:, 0] * 2 + rng.normal(size=panel.steps)])
    targets[rng.random(targets.shape) < 0.05] = NAN
    return replace(panel, targets=targets.astype(np.float32), target_names=("y", "z"))


def test_naive_repeats_the_last_observed_value():
    """A hole at the cutoff is bridged; the next series' and the later values are not read."""
    panel = make_panel({"a": [1, 2, NAN, 4], "b": [7]}, horizon=2, cutoff=3)
    forecast = naive(panel, np.array([0, 0, 1]), np.array([2, 3, 3]), LEVELS)
    assert forecast.shape == (3, 2, 3, 1)
    np.testing.assert_array_equal(medians(forecast), [[2, 2], [4, 4], [7, 7]])


def test_seasonal_naive_repeats_the_last_season():
    """Season 3, horizon 7: the last three values, then again and again."""
    panel = make_panel({"a": [1, 2, 3, 4, 5, 6]}, horizon=7, cutoff=5)
    forecast = seasonal_naive(panel, np.array([0, 0]), np.array([5, 4]), LEVELS, 3)
    np.testing.assert_array_equal(medians(forecast), [[4, 5, 6, 4, 5, 6, 4], [3, 4, 5, 3, 4, 5, 3]])


def test_a_missing_phase_is_taken_from_an_older_season_then_from_the_last_value():
    """Season 2. Phase of step 1: a season back is missing, two back is 10. Phase of step 2 was never seen: 10 again."""
    panel = make_panel({"a": [10, NAN, NAN, NAN]}, horizon=4, cutoff=3)
    forecast = seasonal_naive(panel, np.array([0]), np.array([3]), LEVELS, 2)
    np.testing.assert_array_equal(medians(forecast), [[10, 10, 10, 10]])


def test_older_seasons_are_tried_up_to_a_limit():
    """Season 2: the phase was last seen `SEASONS_BACK` seasons ago in a, one more in b: there the last value serves."""
    gap = [NAN, 5.0] * (SEASONS_BACK - 1)
    panel = make_panel({"a": [1.0, 5.0, *gap], "b": [1.0, 5.0, NAN, 5.0, *gap]}, horizon=1, cutoff=99)
    forecast = seasonal_naive(panel, np.array([0, 1]), np.array([99, 99]), LEVELS, 2)
    np.testing.assert_array_equal(medians(forecast), [[1.0], [5.0]])


def test_a_series_that_ended_early_gets_the_same_horizon():
    """It ended at 7, the cutoff is 9: phases count from the cutoff, values from what there is."""
    panel = make_panel({"a": [1, 2, 3, 4, 5]}, horizon=3, cutoff=9, ends={"a": 7})
    np.testing.assert_array_equal(medians(naive(panel, np.array([0]), np.array([9]), LEVELS)), [[5, 5, 5]])
    # Ordinals 3 to 7 hold 1 to 5. Step 1 is 10: 7 holds 5. Step 2 is 11: 8 is missing, 5 holds 3. Step 3: 9, then 6.
    seasonal = seasonal_naive(panel, np.array([0]), np.array([9]), LEVELS, 3)
    np.testing.assert_array_equal(medians(seasonal), [[5, 3, 4]])


@pytest.mark.parametrize("name", list(BASELINES))
def test_a_target_never_observed_by_the_cutoff_has_no_forecast(name):
    """NaN, which becomes a row `failed`; an origin before the series began too."""
    panel = make_panel({"a": [NAN, NAN, 3], "b": [4, 5, 6, 7]}, horizon=2, cutoff=3)
    forecast = BASELINES[name](panel, np.array([0, 0, 1]), np.array([2, 0, 3]), LEVELS, 2)
    np.testing.assert_array_equal(np.isnan(forecast).all(axis=(1, 2, 3)), [True, True, False])
    assert np.isfinite(forecast[2]).all()


MANY_ORIGINS = ([0, 0, 0, 1, 1, 2, 2, 3], [250, 270, 290, 270, 299, 200, 290, 299])
BORROWER_FIRST = ([0, 1], [290, 265])  # `late` has few errors by then; those of `long` lie partly ahead of it


@pytest.mark.parametrize("windows", [MANY_ORIGINS, BORROWER_FIRST])
@pytest.mark.parametrize("name", list(BASELINES))
def test_no_baseline_reads_beyond_its_cutoff(name, windows):
    """Values of every series after a window's cutoff may change, its forecast may not, whatever else is asked for."""
    panel = uneven_panel()
    series, cutoffs = (np.array(indices) for indices in windows)
    forecast = BASELINES[name](panel, series, cutoffs, LEVELS, 7)
    for window, cutoff in enumerate(cutoffs.tolist()):
        later = panel.ordinals > cutoff
        changed = replace(panel, targets=np.where(later[:, None], 1e6, panel.targets).astype(np.float32))
        again = BASELINES[name](changed, series, cutoffs, LEVELS, 7)
        np.testing.assert_array_equal(again[window], forecast[window])


@pytest.mark.parametrize("name", list(BASELINES))
@pytest.mark.parametrize("levels", [(0.5,), (0.025, 0.1, 0.3, 0.5, 0.7, 0.9, 0.975)])
def test_quantiles_do_not_cross_and_the_median_is_the_forecast(name, levels):
    """Whatever the levels; also on a trend, whose past errors are all positive."""
    panel = uneven_panel()
    trend = np.arange(panel.steps, dtype=np.float32)[:, None]
    series, cutoffs = np.repeat(np.arange(4), 2), np.tile([299, 300], 4)
    for targets in (panel.targets, panel.targets * 0 + trend):
        forecast = BASELINES[name](replace(panel, targets=targets), series, cutoffs, levels, 7)
        assert (np.diff(forecast, axis=2) >= 0).all()
        median = BASELINES[name](replace(panel, targets=targets), series, cutoffs, (0.5,), 7)
        np.testing.assert_array_equal(forecast[:, :, levels.index(0.5)], median[:, :, 0])


def test_quantiles_add_the_empirical_quantiles_of_past_errors():
    """Twenty-one values whose twenty one-step changes are 1 to 20, alternating in sign.

    Odd changes rise, even ones fall: -20, -18, …, -2, 1, 3, …, 19. Linear interpolation at 0.1 * 19 = 1.9 gives
    -18 + 0.9 * 2 = -16.2; at 0.9 * 19 = 17.1 it gives 15 + 0.1 * 2 = 15.2.
    """
    changes = np.array([change if change % 2 else -change for change in range(1, 21)])
    values = 1000 + np.concatenate([[0], np.cumsum(changes)])
    panel = make_panel({"a": values}, horizon=1, cutoff=20)
    forecast = naive(panel, np.array([0]), np.array([20]), LEVELS)
    np.testing.assert_allclose(forecast[0, 0, :, 0] - values[-1], [-16.2, 0, 15.2])


def test_quantiles_agree_with_numpy_at_every_lag():
    """An independent way: numpy's nanquantile of the differences at lag h, over the last 400 steps."""
    rng = np.random.default_rng(5)
    values = rng.normal(size=600).astype(np.float32)
    values[rng.random(600) < 0.1] = NAN
    panel = make_panel({"a": values}, horizon=5, cutoff=599)
    by_step = naive(panel, np.array([0]), np.array([599]), LEVELS)[0, :, :, 0]
    by_season = seasonal_naive(panel, np.array([0]), np.array([599]), LEVELS, 3)[0, :, :, 0]
    exact = values.astype(np.float64)
    for step in range(1, 6):
        for forecast, lag in ((by_step, step), (by_season, 3 if step <= 3 else 6)):
            low, high = np.nanquantile((exact[lag:] - exact[:-lag])[-400:], [0.1, 0.9])
            np.testing.assert_allclose(np.diff(forecast[step - 1]), [-low, high])


def test_the_interval_of_a_random_walk_covers_about_what_it_promises():
    """A naive interval at level 0.8 of a random walk: between 70 and 90 % over 200 walks."""
    walks = np.cumsum(np.random.default_rng(7).normal(size=(200, 205)), axis=1)
    panel = make_panel({str(index): walk[:200] for index, walk in enumerate(walks)}, horizon=5, cutoff=199)
    forecast = naive(panel, np.arange(200), np.full(200, 199), LEVELS)[..., 0]
    inside = (walks[:, 200:] >= forecast[:, :, 0]) & (walks[:, 200:] <= forecast[:, :, 2])
    assert 0.7 < inside.mean() < 0.9


def test_a_series_with_too_few_errors_borrows_from_its_peers_in_proportion():
    """The peer alternates 100, 110: errors of ±10 on a mean of 105. The short one has a mean of 42: ±10 * 42 / 105."""
    panel = make_panel({"peer": [100.0, 110.0] * 20, "short": [42.0, 42.0]}, horizon=1, cutoff=39)
    forecast = naive(panel, np.array([0, 1]), np.array([39, 39]), LEVELS)[:, 0, :, 0]
    np.testing.assert_allclose(forecast[0], [100, 110, 120])
    np.testing.assert_allclose(forecast[1], [38, 42, 46], rtol=1e-6)


def test_without_peers_the_few_errors_serve_and_longer_steps_take_the_spread_of_shorter_ones():
    """Changes of +2 and -4 at lag 1, -2 at lag 2, none at lag 3."""
    panel = make_panel({"a": [10.0, 12.0, 8.0]}, horizon=3, cutoff=2)
    forecast = naive(panel, np.array([0]), np.array([2]), (0.25, 0.5, 0.75))[0, :, :, 0]
    np.testing.assert_allclose(forecast, np.array([[8 - 2.5, 8, 8.5], [6, 8, 8], [6, 8, 8]]))


def test_a_single_value_has_an_interval_without_width():
    """No error is known, and no peer either."""
    panel = make_panel({"a": [5.0]}, horizon=2, cutoff=0)
    np.testing.assert_array_equal(naive(panel, np.array([0]), np.array([0]), LEVELS), np.full((1, 2, 3, 1), 5.0))


def test_no_windows_give_no_forecasts():
    """An empty request has an empty answer of the right shape."""
    panel = make_panel({"a": [5.0]}, horizon=2, cutoff=0)
    for baseline in BASELINES.values():
        assert baseline(panel, np.array([], int), np.array([], int), LEVELS, 1).shape == (0, 2, 3, 1)


def test_seasonal_average_takes_the_mean_of_the_last_four_whole_seasons():
    """Season 2, six seasons 1…12: the first phase has 5, 7, 9, 11 last, the second 6, 8, 10, 12. Then it repeats."""
    panel = make_panel({"a": np.arange(1.0, 13.0)}, horizon=3, cutoff=11)
    forecast = seasonal_average(panel, np.array([0]), np.array([11]), LEVELS, 2)
    np.testing.assert_array_equal(medians(forecast), [[8, 9, 8]])


def test_a_shorter_history_averages_fewer_whole_seasons_and_missing_values_are_left_out():
    """Season 2. a: five values are two whole seasons, the fifth value (1) is of a third and does not count.

    Of a, the next phase is that of ordinals 8 and 6: (20 + 4) / 2; then 9 and 7: 30 and nothing, which is 30. b has one
    value of its own phase, and the other phase was never seen: the last value.
    """
    panel = make_panel({"a": [1, 4, NAN, 20, 30], "b": [6]}, horizon=2, cutoff=9)
    forecast = seasonal_average(panel, np.array([0, 1]), np.array([9, 9]), LEVELS, 2)
    np.testing.assert_array_equal(medians(forecast), [[12, 30], [6, 6]])


def test_quantiles_of_the_seasonal_average_are_those_of_its_own_past_errors():
    """An independent way: for each of the last 400 steps the mean of what lies 3, 6, 9 and 12 steps before, by pandas.

    Steps 4 and 5 lie in the second season ahead: 6, 9, 12 and 15 steps before.
    """
    rng = np.random.default_rng(5)
    values = rng.normal(size=600).astype(np.float32)
    values[rng.random(600) < 0.1] = NAN
    panel = make_panel({"a": values}, horizon=5, cutoff=599)
    forecast = seasonal_average(panel, np.array([0]), np.array([599]), LEVELS, 3)[0, :, :, 0]
    exact = pd.Series(values.astype(np.float64))
    for step in range(1, 6):
        lag = 3 if step <= 3 else 6
        expected = pd.concat([exact.shift(lag + 3 * back) for back in range(4)], axis=1).mean(axis=1)
        low, high = np.nanquantile((exact - expected)[-400:], [0.1, 0.9])
        np.testing.assert_allclose(np.diff(forecast[step - 1]), [-low, high])
