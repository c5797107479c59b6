"""Windows whose last steps were not observed. The forecast here is worked by hand: the last value plus the lead time.

Its quantiles lie one below and one above for each step of lead.
"""

import numpy as np

from lstm.data.panel.panel import Panel
from lstm.model.forecaster.late_ends import forecast_late_ends
from panels import make_panel

NAN = float("nan")


def steps_up(panel: Panel, series: np.ndarray, rows: np.ndarray, bridge: np.ndarray | None, before: int) -> np.ndarray:
    """(N, H, 3, C): the value at the cutoff plus 10 for each step, and the lead time below and above."""
    values = panel.targets if bridge is None else np.where(np.isnan(bridge), panel.targets, bridge)
    lead = np.arange(1, panel.horizon + 1)[:, None, None]
    return np.asarray(values[rows][:, None, None] + 10.0 * lead + lead * np.array([-1.0, 0.0, 1.0])[:, None])


def forecast(panel: Panel, *windows: tuple[int, int]) -> np.ndarray:
    series, rows = np.array(windows).T
    return forecast_late_ends(panel, series, rows, steps_up, 1)[..., 0]


def test_a_window_that_ends_late_is_forecast_from_its_last_observation_with_the_bands_of_that_lead():
    """The last of three is missing: 2 + 20 and 2 + 30 are of leads 2 and 3; the third step comes over the bridge."""
    panel = make_panel({"a": [1.0, 2.0, NAN]}, horizon=3, cutoff=2)
    of_late = forecast(panel, (0, 2))[0]
    assert of_late[:, 1].tolist() == [22.0, 32.0, 42.0]
    assert of_late[:, 0].tolist() == [20.0, 29.0, 39.0]  # leads 2, 3, and 3 from the bridge at 12


def test_beyond_a_horizon_the_bridge_ends():
    """Five late at a horizon of two: nothing of the earlier forecast reaches the window's horizon."""
    panel = make_panel({"a": [1.0, NAN, NAN, NAN, NAN, NAN]}, horizon=2, cutoff=5)
    assert np.isnan(forecast(panel, (0, 5))).all()  # this forecast knows no other stand-in


def test_other_windows_are_forecast_as_they_are_and_each_at_its_place():
    panel = make_panel({"a": [1.0, 2.0, 3.0], "b": [5.0, 6.0, NAN], "c": [7.0, 8.0, 9.0]}, horizon=2, cutoff=2)
    a, b, c = (int(panel.indptr[series]) + 2 for series in range(3))
    assert forecast(panel, (2, c), (1, b), (0, a), (1, b - 1))[:, 0, 1].tolist() == [19.0, 26.0, 13.0, 16.0]


def test_each_target_ends_for_itself():
    """Of two targets only the second is late."""
    panel = make_panel({"a": [1.0, 2.0]}, horizon=1, cutoff=1)
    both = np.column_stack([panel.targets[:, 0], [5.0, NAN, NAN]])
    two = Panel(**{**panel.__dict__, "targets": both, "target_names": ("y", "z")})
    points = forecast_late_ends(two, np.array([0]), np.array([1]), steps_up, 1)[0, :, 1]
    assert points.tolist() == [[12.0, 25.0]]


def test_a_series_without_an_observation_is_left_to_the_forecast():
    panel = make_panel({"a": [1.0, 2.0], "b": [NAN, NAN]}, horizon=1, cutoff=1)
    points = forecast(panel, (0, 1), (1, int(panel.indptr[1]) + 1))[:, 0, 1]
    assert points[0] == 12.0
    assert np.isnan(points[1])
