"""A trained model: what its forecasts promise whatever the panel, and what it refuses."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from lstm.config import Model
from lstm.data.panel.panel import Panel
from lstm.data.panel.selection import some_series
from lstm.errors import ModelError
from lstm.model.forecaster.forecaster import Forecaster, Which
from lstm.model.network.batch import unshare_channels
from panels import make_panel
from trainings import CPU, QUICK, chaos, forecast_at, made_of, train

TINY = {"epoch_steps": 5, "max_epochs": 2, "batch_size": 32}
NAN = np.nan


def gappy_panel():
    """Three noisy weeks-shaped series with a fifth of the values missing, one of which begins late."""
    rng = np.random.default_rng(0)
    week = np.tile([5.0, 3, 4, 6, 8, 12, 9], 30)[:200]
    histories = {}
    for name, level, length in (("a", 100.0, 200), ("b", 10.0, 200), ("c", 50.0, 90)):
        values = level + week[-length:] + rng.normal(size=length)
        values[rng.random(length) < 0.2] = NAN
        values[0] = level
        histories[name] = values
    return make_panel(histories, horizon=7, cutoff=200)


@pytest.fixture(scope="module")
def model() -> Forecaster:
    """Three members with their own look-backs (14, 28 and 42), refitted."""
    return made_of(gappy_panel(), model=Model(), training=TINY)


def test_members_are_averaged():
    """Law: the median of a model of two members is the mean of theirs (calibration leaves the median as it is)."""
    panel = chaos()
    model = made_of(panel, model=Model(members=2, transform="identity"), training=TINY, seasons=(1,))
    alone = [
        forecast_at(Forecaster(model.card.model_copy(update={"members": (member,)}), model.weights), panel, 150)
        for member in model.card.members
    ]
    both = forecast_at(model, panel, 150)
    np.testing.assert_allclose(both[:, :, 1], (alone[0][:, :, 1] + alone[1][:, :, 1]) / 2, rtol=1e-6)


def test_offsets_are_added_in_units_of_the_windows_scale(model):
    """Law: quantiles 1 2 3 with offsets -0.5 0 1 in a window of scale 10 are -4 2 13; served ones have their own."""
    offsets = np.broadcast_to(np.array([-0.5, 0, 1])[:, None], (7, 3, 1))
    card = model.card.model_copy(
        update={"calibration": offsets.tolist(), "served_calibration": (2 * offsets).tolist(), "logs": (False,)}
    )
    raw = np.broadcast_to(np.array([1.0, 2.0, 3.0])[:, None], (1, 7, 3, 1))
    forecaster = Forecaster(card, model.weights)
    assert forecaster.calibrated(raw, np.array([[10.0]]), "evaluated")[0, 0, :, 0].tolist() == [-4, 2, 13]
    assert forecaster.calibrated(raw, np.array([[10.0]]), "served")[0, 0, :, 0].tolist() == [-9, 2, 23]


def test_logarithms_are_undone_after_the_offsets(model):
    """0 with offsets of ±log 2 in a window of scale 1: 0.5, 1 and 2."""
    offsets = np.broadcast_to(np.log([0.5, 1, 2])[:, None], (7, 3, 1))
    card = model.card.model_copy(update={"calibration": offsets.tolist(), "logs": (True,)})
    raw = np.zeros((1, 7, 3, 1))
    forecasts = Forecaster(card, model.weights).calibrated(raw, np.array([[1.0]]), "evaluated")
    np.testing.assert_allclose(forecasts[0, 0, :, 0], [0.5, 1, 2])


@settings(max_examples=60, deadline=None)
@given(
    data=st.data(),
    scale=st.floats(1e-6, 1e6),
    minimum=st.sampled_from([None, 0.0, 5.0]),
    which=st.sampled_from(["evaluated", "served"]),
)
def test_quantiles_never_cross_and_respect_the_minimum_whatever_networks_say(model, data, scale, minimum, which):
    """Law: for any numbers that come out of the members and any offsets."""
    offsets = data.draw(arrays(float, (7, 3, 1), elements=st.floats(-10, 10)))
    offsets[:, 1] = 0.0
    card = model.card.model_copy(
        update={
            "calibration": offsets.tolist(),
            "served_calibration": offsets.tolist(),
            "minimum": minimum,
            "logs": (False,),
        }
    )
    raw = data.draw(arrays(float, (2, 7, 3, 1), elements=st.floats(-50, 50)))
    forecasts = Forecaster(card, model.weights).calibrated(raw, np.full((2, 1), scale), which)
    assert (np.diff(forecasts, axis=2) >= 0).all()
    if minimum is not None:
        assert forecasts.min() >= minimum


@pytest.mark.parametrize("which", ["evaluated", "served"])
@settings(max_examples=15, deadline=None)
@given(values=arrays(np.float32, (40,), elements=st.floats(-1e4, 1e4, width=32)), gaps=st.integers(0, 2**20))
def test_quantiles_never_cross_on_any_history(model, which, values, gaps):
    """Law: any 40 values with any gaps, as one series of a panel that the model has never seen."""
    history = np.where([gaps >> (step % 20) & 1 for step in range(40)], NAN, values)
    history[0] = 1.0
    forecasts = forecast_at(model, make_panel({"new": history}, horizon=7, cutoff=40), 40, which)
    assert np.isfinite(forecasts).all()
    assert (np.diff(forecasts, axis=2) >= 0).all()


@pytest.mark.parametrize("which", ["evaluated", "served"])
def test_the_look_back_reads_nothing_after_the_cutoff(model, which):
    """Law: a forecast at an origin does not change by a bit when later targets change."""
    panel = gappy_panel()
    before = forecast_at(model, panel, 150, which)
    later = (panel.ordinals > 150) & panel.observed[:, 0]
    changed = np.where(later[:, None], 1e5, panel.targets).astype(np.float32)
    np.testing.assert_array_equal(forecast_at(model, replace(panel, targets=changed), 150, which), before)


def test_a_forecast_depends_on_its_own_series_only(model):
    """Law: whatever stands beside a series, and in which order windows are asked for, its forecast is the same."""
    panel = gappy_panel()
    beside_others = forecast_at(model, panel, 200)
    alone = make_panel({"b": panel.targets[panel.indptr[1] : panel.indptr[2] - 7, 0]}, horizon=7, cutoff=200)
    np.testing.assert_allclose(forecast_at(model, alone, 200)[0], beside_others[1], rtol=1e-5)
    series = np.array([2, 0, 1, 2])
    shuffled = model.forecast(panel, series, panel.row_of(series, 200), which="evaluated", device=CPU)
    np.testing.assert_allclose(shuffled, beside_others[series], rtol=1e-5)


@pytest.mark.parametrize("kind", ["segmented", "textbook"])
def test_another_series_changes_no_bit_of_a_forecast_wherever_it_stands(kind):
    """Law: nobody's forecast is another for a series that came or went: not by the shape of a matrix product, nor by
    the numbers of the categories, which a new region that sorts first would move.
    """
    rng = np.random.default_rng(0)
    histories = {name: 50 + rng.normal(size=120) for name in "bcdefgh"}
    before = make_panel(histories, horizon=2, cutoff=119)
    regions = np.array([0.0, 1, 0, 1, 0, 1, 0], np.float32)[:, None]
    before = replace(before, static=regions, static_names=("region",), categories=(("north", "south"),))
    model = made_of(before, model=Model(members=1, kind=kind), training=TINY)
    after = make_panel({"a": 50 + rng.normal(size=120)} | histories, horizon=2, cutoff=119)
    regions = np.concatenate([[[0.0]], regions + 1]).astype(np.float32)
    after = replace(after, static=regions, static_names=("region",), categories=(("east", "north", "south"),))
    fewer = some_series(before, np.array([1, 4]))
    which: Which = "served"
    np.testing.assert_array_equal(forecast_of(model, after, which)[1:], forecast_of(model, before, which))
    np.testing.assert_array_equal(forecast_of(model, fewer, which), forecast_of(model, before, which)[[1, 4]])
    assert np.isfinite(forecast_of(model, after, which)[0]).all()


def test_a_missing_value_is_told_from_one_that_repeats_the_last():
    """Law: a missing value is carried forward and masked, so that the forecast differs from that of one that was seen.

    The mask is what tells them apart: a step that repeats the last value, seen or not.
    """
    panel = chaos()
    learnt = made_of(panel, model=Model(members=1, look_back=4), training={"max_epochs": 2}, seasons=(1,))
    assert learnt.card.members[0].best_epoch > 0
    targets = panel.targets.copy()
    at = panel.row_of(np.array([0]), 149)
    targets[at] = targets[at - 1]
    seen = forecast_at(learnt, replace(panel, targets=targets), 150)
    targets[at] = NAN
    missing = forecast_at(learnt, replace(panel, targets=targets), 150)
    assert np.isfinite(missing).all()
    assert not np.array_equal(missing[0], seen[0])
    np.testing.assert_array_equal(missing[1:], seen[1:])


def test_a_series_shorter_than_the_look_back_is_forecast_from_what_it_has(model):
    """Ten steps where members read 14, 28 and 42: level 30, weekly noise of 1; the median lies near it."""
    values = 30 + np.random.default_rng(5).normal(size=10)
    panel = make_panel({"short": values}, horizon=7, cutoff=10)
    assert not model.too_short(panel, np.array([0]), np.array([9]))[0]
    forecasts = forecast_at(model, panel, 10, "served")
    assert np.isfinite(forecasts).all()
    assert np.abs(forecasts[0, :, 1, 0] - 30).max() < 15


def test_a_window_is_too_short_below_half_of_the_shortest_look_back(model):
    """Look-backs 14, 28 and 42: seven steps up to the cutoff are enough, six are not, observed or not."""
    assert model.card.steps_needed == 7
    panel = make_panel({"other": [1.0] * 30, "a": [1.0, NAN, NAN, 2.0, 3.0, 4.0, 5.0, 6.0]}, horizon=7, cutoff=30)
    first = int(panel.indptr[1])
    rows = first + np.arange(4, 8)
    assert model.too_short(panel, np.full(4, 1), rows).tolist() == [True, True, False, False]


def test_intermittent_counts_have_a_median_of_zero_and_no_negative_quantile():
    """Four days in five nothing, else 1 to 3, minimum 0: most likely nothing, 90 % is something.

    The median of a number that is 0 four times in five is 0; half of a unit is all that the network may be off.
    """
    rng = np.random.default_rng(0)
    counts = {str(s): np.where(rng.random(250) < 0.2, rng.integers(1, 4, 250), 0).astype(float) for s in range(6)}
    panel = make_panel(counts, horizon=7, cutoff=250)
    model = made_of(panel, model=Model(), training=QUICK.model_copy(update={"epoch_steps": 30}), minimum=0.0)
    for which in ("evaluated", "served"):
        forecasts = forecast_at(model, panel, 250, which)
        assert forecasts.min() >= 0.0
        assert (np.diff(forecasts, axis=2) >= 0).all()
        assert forecasts[:, :, 1].mean() < 0.2
        assert np.median(forecasts[:, :, 2]) > 0.5
    assert model.card.logs == (False,)


def test_a_minimum_holds_for_every_quantile_of_a_series_at_its_border():
    """Zeros throughout beside a busy series: nothing is below the minimum, also where the offsets would go."""
    rng = np.random.default_rng(1)
    histories = {"busy": rng.poisson(30, 150).astype(float), "idle": np.zeros(150)}
    panel = make_panel(histories, horizon=7, cutoff=150)
    forecasts = forecast_at(made_of(panel, training=TINY, minimum=0.0), panel, 150, "served")
    assert forecasts.min() >= 0.0
    free = forecast_at(made_of(panel, training=TINY), panel, 150, "served")
    assert free[1, :, 0].min() < 0.0  # what the minimum is for


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("zero throughout", np.zeros(120)),
        ("a large constant", np.full(120, 5_000_000.1)),
        ("huge", 1e12 + 1e9 * np.sin(np.arange(120) / 3)),
        ("tiny", 1e-6 + 1e-7 * np.sin(np.arange(120) / 3)),
    ],
)
def test_extreme_series_beside_a_normal_one_get_finite_forecasts_near_their_history(name, values):
    """Forecasts lie inside the range of the last 28 values, widened by half of it."""
    normal = 100 + np.random.default_rng(0).normal(size=120)
    panel = make_panel({"normal": normal, name: values}, horizon=7, cutoff=120, dtype=np.float64)
    forecasts = forecast_at(made_of(panel), panel, 120, "served")
    recent = values[-28:]
    room = 0.5 * np.ptp(recent) + 0.05 * normal.std() * (name == "zero throughout") + 1e-4 * abs(recent.mean())
    assert np.isfinite(forecasts).all()
    assert recent.min() - room <= forecasts[1, :, 1, 0].min()
    assert forecasts[1, :, 1, 0].max() <= recent.max() + room


def test_an_outlier_in_one_series_leaves_the_others_alone():
    """A sensor's 1e9 in a series of a hundred: the neighbour's forecast stays within its own noise."""
    rng = np.random.default_rng(2)
    glitch, neighbour = (100 + rng.normal(size=150) for _ in range(2))
    glitch[60] = 1e9
    panel = make_panel({"glitch": glitch, "neighbour": neighbour}, horizon=7, cutoff=150)
    forecasts = forecast_at(made_of(panel), panel, 150, "served")
    assert np.isfinite(forecasts).all()
    assert np.abs(forecasts[1, :, 1, 0] - 100).max() < 3


def test_a_model_survives_its_bytes(model):
    """Law: a model read again forecasts the same, to the last bit, and writes the same bytes."""
    panel = gappy_panel()
    again = Forecaster.from_bytes(*model.to_bytes())
    assert again.to_bytes() == model.to_bytes()
    for which in ("evaluated", "served"):
        np.testing.assert_array_equal(forecast_at(again, panel, 200, which), forecast_at(model, panel, 200, which))


def test_damaged_bytes_and_other_formats_are_refused(model):
    """A pickle is refused without being run; a card of another format says which."""
    card, weights = model.to_bytes()
    with pytest.raises(ModelError, match=r"this is not a model of format 2, or it is damaged \(.*\); train it again"):
        Forecaster.from_bytes(card, b"\x80\x04cposix\nsystem\n.")
    with pytest.raises(ModelError, match="not a model of format 2, or it is damaged"):
        Forecaster.from_bytes(b"{}", weights)
    with pytest.raises(ModelError, match="not a model of format 2, or it is damaged"):
        Forecaster.from_bytes(card, weights[:-1])
    newer = json.dumps(json.loads(card) | {"format": 3}).encode()
    with pytest.raises(ModelError, match="the model has format 3, this version reads 2; train it again"):
        Forecaster.from_bytes(newer, weights)


def test_a_panel_of_other_channels_or_another_horizon_is_refused(model):
    """The message has both lists and what to do."""
    panel = gappy_panel()
    with pytest.raises(
        ModelError, match=r"trained with targets columns \['y'\], the panel has \['z'\]; train it again"
    ):
        model.readable(replace(panel, target_names=("z",)))
    with pytest.raises(ModelError, match="the model's horizon is 7, the panel's is 8; train it again"):
        model.readable(replace(panel, horizon=8))
    extra = replace(panel, future=np.zeros((panel.steps, 1), np.float32), future_names=("calendar:holiday",))
    assert model.readable(extra).future_names == ()


def test_a_model_without_members_is_an_error(model):
    """It has nothing to say."""
    empty = Forecaster(model.card.model_copy(update={"members": ()}), model.weights)
    with pytest.raises(ModelError, match="the model has no members; train it again"):
        forecast_at(empty, gappy_panel(), 200)


def test_many_windows_are_forecast_in_batches_and_none_at_all_too(model, monkeypatch):
    """Law: the size of a batch changes nothing; no windows have a forecast of no windows."""
    panel = gappy_panel()
    series = np.zeros(20, int)
    rows = np.arange(100, 120)
    whole = model.forecast(panel, series, rows, which="served", device=CPU)
    monkeypatch.setattr("lstm.model.forecaster.member_forecasts.FORECAST_BATCH", 7)
    np.testing.assert_allclose(model.forecast(panel, series, rows, which="served", device=CPU), whole, rtol=1e-5)
    assert model.forecast(panel, series[:0], rows[:0], which="served", device=CPU).shape == (0, 7, 3, 1)


def test_rows_of_shared_channels_come_beside_otherstarget_by_target():
    """Two windows of three targets as six rows: window 0's three first. (N C, H, Q, 1) becomes (N, H, Q, C)."""
    rows = torch.arange(6.0).reshape(6, 1, 1, 1).expand(6, 2, 4, 1)
    windows = unshare_channels(rows, 2)
    assert windows.shape == (2, 2, 4, 3)
    assert windows[:, 0, 0].tolist() == [[0, 1, 2], [3, 4, 5]]
    whole = torch.zeros(2, 2, 4, 3)
    assert unshare_channels(whole, 2) is whole


def test_ridge_is_what_training_begins_from():
    """Law: a network whose training changes nothing forecasts the median of its ridge regression."""
    still = QUICK.model_copy(update={"learning_rate": 1e-12, "max_epochs": 1})
    forecaster = train(walk(), model=Model(members=2), training=still).forecaster
    assert forecaster.has_ridge
    ridge, evaluated = (forecast_of(forecaster, walk(), which) for which in ("ridge", "evaluated"))
    np.testing.assert_allclose(ridge[:, :, 1], evaluated[:, :, 1], rtol=1e-5)


def test_training_does_not_touch_the_ridge_that_it_began_from():
    """The same ridge after no step and after many, also from the bytes of the model folder."""
    none = train(walk(), training={"learning_rate": 1e-12, "max_epochs": 1}).forecaster
    many = train(walk()).forecaster
    again = Forecaster.from_bytes(*many.to_bytes())
    np.testing.assert_array_equal(forecast_of(none, walk(), "ridge"), forecast_of(again, walk(), "ridge"))


def test_the_textbook_network_began_at_no_ridge():
    """So its gate does not apply."""
    assert not train(walk(), model=Model(kind="textbook", look_back=7)).forecaster.has_ridge


def walk() -> Panel:
    """Two random walks of 150 days."""
    rng = np.random.default_rng(4)
    return make_panel({name: 50 + rng.normal(size=150).cumsum() for name in "ab"}, horizon=3, cutoff=150)


def forecast_of(model: Forecaster, panel: Panel, which: Which) -> np.ndarray:
    rows = panel.row_of(np.arange(panel.series), panel.cutoff)
    return model.forecast(panel, np.arange(panel.series), rows, which=which, device=CPU)
