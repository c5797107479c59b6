"""What is made of a plain history by numpy alone is what Nightcast makes of the panel."""

import numpy as np
import pytest
from exported import card_of, model_of, rich_panel

from lstm.data.frequency.aliases import parse_frequency
from lstm.data.panel.calendar import calendar_features, local_days
from lstm.export.alone.window_inputs import (
    allowed,
    calendar,
    distance,
    fill,
    forecast_series,
    level_and_scale,
    newest_steps,
    window_inputs,
)
from lstm.model.network.imputation import Imputation, impute
from lstm.model.network.scaling import window_scales

NAN = np.nan


@pytest.mark.parametrize("way", [Imputation(), Imputation(7, 0), Imputation(7, 3)])
def test_gaps_are_filled_as_the_network_reads_them(way):
    """Law: by the last value or that of a season ago, whichever the card says; NaN before the first observation."""
    panel = rich_panel()
    filled, first = impute(panel.targets, panel, [way, way])
    for series in range(panel.series):
        begin, end = panel.indptr[series], panel.indptr[series + 1] - panel.horizon
        for target in range(2):
            ours = fill(panel.targets[begin:end, target].astype(np.float64), way.season, way.carried)
            begun = max(first[series, target] - begin, 0)
            assert np.isnan(ours[:begun]).all()
            np.testing.assert_array_equal(ours[begun:], filled[begin + begun : end, target])


def test_a_gap_takes_the_value_of_a_season_ago_or_of_two():
    """By hand: season 3, one step is carried, and what was missing a season ago is two seasons back."""
    filled = fill(np.array([NAN, 1.0, 2, 3, 4, NAN, NAN, NAN, NAN]), season=3, carried=1)
    np.testing.assert_array_equal(filled, [NAN, 1, 2, 3, 4, 4, 3, 4, 2])


@pytest.mark.parametrize("normalisation", ["mean_std", "last_value", "series"])
@pytest.mark.parametrize("values", ["as they are", "constant", "zero", "nothing"])
def test_level_and_scale_are_those_of_the_window(normalisation, values):
    """Law: of every window that ends with a series, whatever it holds."""
    panel = rich_panel(dtype=np.float64)
    targets = panel.targets.copy()
    if values != "as they are":
        targets[:] = {"constant": 7.0, "zero": 0.0, "nothing": NAN}[values]
    level, scale = window_scales(targets, panel.indptr, 14, normalisation)
    for series in range(panel.series):
        rows = slice(panel.indptr[series], panel.indptr[series + 1] - panel.horizon)
        history = targets[rows]
        newest = np.array([fill(column, 0, 0)[-1] for column in history.T])
        ours = level_and_scale(history, newest, 14, normalisation)
        last = rows.stop - 1
        expected = np.where(np.isnan(history[-1]) & (level[last] != 0), newest, level[last])
        expected = expected if normalisation == "last_value" else level[last]  # what stands in is the level
        np.testing.assert_allclose(np.stack(ours), [expected, scale[last]], rtol=1e-9, atol=1e-12)


def test_the_calendar_is_the_pipelines():
    """Law: the place in the day, the week and the year, by the local clock, which changes on 31 March 2024."""
    hourly, zone = parse_frequency("h"), "Europe/Berlin"
    ordinals = np.arange(24 * 100) + np.datetime64("2024-02-20T00", "h").astype(np.int64)
    names, values = calendar_features(hourly, ordinals, zone)
    days, hours = local_days(hourly, ordinals, zone)
    times = days.astype("datetime64[s]") + (hours * 3600).astype("timedelta64[s]")
    ours = calendar([*names, "calendar:holiday", "plan"], times)
    assert list(ours) == list(names)
    np.testing.assert_allclose(np.stack(list(ours.values()), axis=1), values, atol=1e-6)
    monthly = parse_frequency("MS")
    names, values = calendar_features(monthly, np.arange(30), "UTC")
    ours = calendar(names, local_days(monthly, np.arange(30), "UTC")[0])
    np.testing.assert_allclose(np.stack(list(ours.values()), axis=1), values, atol=1e-6)


def test_a_short_history_lies_behind_steps_of_nothing():
    """By hand: two steps of a look-back of four."""
    np.testing.assert_array_equal(newest_steps(np.array([[1.0], [2.0]]), 4), [[NAN], [NAN], [1], [2]])
    np.testing.assert_array_equal(newest_steps(np.arange(5.0)[:, None], 2), [[3], [4]])


def test_inputs_have_a_window_and_the_shapes_of_the_card():
    """Look-backs 14 and 28, horizon 5, two targets and members; a value at or below zero has no logarithm."""
    panel, end = rich_panel(), 200
    arguments = (panel.targets[:end].copy(), panel.past[:end], panel.future[: end + 5], panel.static[0])
    inputs = window_inputs(card_of(model_of("segmented")), *arguments)
    longest = max(member.look_back for member in model_of("segmented").card.members)
    assert {name: rows.shape for name, rows in inputs.items()} == {
        "history": (1, longest, 2), "level": (1, 2, 2), "scale": (1, 2, 2), "observed": (1, longest, 2),
        "past": (1, longest, 1), "future": (1, longest + 5, 3), "static": (1, 2),
    }  # fmt: skip
    arguments[0][-2, 0] = -3.0
    logs = window_inputs(card_of(model_of("shared")), *arguments)
    assert not logs["observed"][0, -2, 0]
    assert logs["history"][0, -2, 0] > 0.0
    assert set(window_inputs(card_of(model_of("textbook")), *arguments)) == {"history", "level", "scale"}


def test_what_was_below_zero_once_may_be_forecast_below_it():
    """Law: by target, unless the card names a minimum, which the model itself keeps."""
    card = card_of(model_of("segmented"))
    panel = rich_panel()
    targets = panel.targets[:200].copy()
    targets[0, 0] = -1.0
    arguments = (targets, panel.past[:200], panel.future[:205], panel.static[0])

    def below(inputs):
        return np.full((1, 5, 3, 2), -2.0)

    forecast = forecast_series(card, below, *arguments)
    assert (forecast[..., 0] == -2.0).all()
    assert (forecast[..., 1] == 0.0).all()
    assert (forecast_series(card | {"minimum": -5.0}, below, *arguments) == -2.0).all()


def test_distances_are_in_scales_and_of_a_logarithm_a_share_of_the_value():
    """By hand: 1 off at a scale of 4 is a quarter; 1 of 100 at a logarithm's scale of 0.1 is a tenth."""
    expected = np.array([[[[8.0, 100.0]], [[NAN, 100.0]]]])
    inputs = {"level": np.array([[[1e6, 0.0]]]), "scale": np.array([[[4.0, 0.1]]])}
    apart = distance({"logs": [False, True]}, inputs, expected + 1.0, expected)
    np.testing.assert_allclose(apart, [[0.25, 0.1]])
    np.testing.assert_allclose(allowed(inputs), [[1e-4 + 0.06, 1e-4]])
    assert np.isnan(distance({"logs": [False, True]}, inputs, expected * NAN, expected)).all()
