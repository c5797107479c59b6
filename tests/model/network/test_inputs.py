"""What the network reads: windows worked by hand, and a random panel against a slow gather in NumPy."""

from dataclasses import fields, replace

import numpy as np
import pytest
import torch

from lstm.data.panel.panel import Panel
from lstm.model.network.batch import Batch
from lstm.model.network.inputs import ALIGNED_BOUND, Inputs, InputSettings
from lstm.model.network.scaling import Standardiser, window_scales
from panels import make_panel

CPU = torch.device("cpu")
NAN = float("nan")


def unscaled(columns: int) -> Standardiser:
    return Standardiser((0.0,) * columns, (1.0,) * columns)


def settings_of(panel: Panel, **changes) -> InputSettings:
    """Look-back 4, mean and std, targets together as they are, covariates as they are."""
    settings = InputSettings(
        look_back=4,
        horizon=panel.horizon,
        normalisation="mean_std",
        channels="joint",
        logs=(False,) * panel.targets.shape[1],
        known=(),
        aligned=(),
        past=unscaled(panel.past.shape[1]),
        future=unscaled(panel.future.shape[1]),
        static=unscaled(panel.static.shape[1]),
    )
    return replace(settings, **changes)


def gather(panel: Panel, series: int, row: int, **changes) -> Batch:
    """The window of one cutoff."""
    return Inputs(panel, settings_of(panel, **changes), CPU).gather_at(np.array([series]), np.array([row]))


def two_series():
    return make_panel({"a": [2.0, 4.0, 6.0, 8.0, 10.0, 20.0], "b": [1.0, NAN, 5.0, NAN, 7.0, 9.0]}, horizon=2, cutoff=6)


def test_mean_and_std_of_the_look_back_scale_the_window():
    """Look-back 2 4 6 8: mean 5, squares 9 1 1 9; the series so far has variance 5 too.

    With that as one more observation the scale is sqrt((20 + 5) / 5), also of the horizon.
    """
    batch = gather(two_series(), 0, 3)
    assert batch.level.item() == 5.0
    assert batch.scale.item() == pytest.approx(5**0.5)
    np.testing.assert_allclose(batch.history[0, :, 0], (np.array([2, 4, 6, 8]) - 5) / 5**0.5, rtol=1e-6)
    np.testing.assert_allclose(batch.target[0, :, 0], (np.array([10, 20]) - 5) / 5**0.5, rtol=1e-6)


def test_the_last_value_is_subtracted():
    """Look-back 2 4 6 8: level 8, so that the last step is 0."""
    batch = gather(two_series(), 0, 3, normalisation="last_value")
    assert batch.level.item() == 8.0
    assert batch.history[0, -1, 0].item() == 0.0


def test_missing_steps_are_carried_forward_masked_and_not_scored():
    """b is 1 – 5 – 7 9: the look-back reads 1 1 5 5 with the mask 1 0 1 0, and the mean is that of 1 and 5.

    The variance so far is that of 1 and 5, which is 4: the scale is sqrt((4 + 4 + 4) / 3).
    """
    panel = two_series()
    batch = gather(panel, 1, int(panel.indptr[1]) + 3)
    assert batch.level.item() == 3.0
    assert batch.scale.item() == pytest.approx(2.0)
    np.testing.assert_allclose(batch.history[0, :, 0], [-1.0, -1.0, 1.0, 1.0], rtol=1e-6)
    np.testing.assert_array_equal(batch.extras[0, :, 0], [1.0, 0.0, 1.0, 0.0])
    earlier = gather(panel, 1, int(panel.indptr[1]) + 2)
    np.testing.assert_array_equal(earlier.weight[0, :, 0], [0.0, 1.0])
    assert earlier.target[0, 0, 0].item() == 0.0


def test_steps_before_the_series_are_zero_and_masked():
    """The third step of b with look-back 4: a step of padding, though series a lies there in the panel."""
    panel = two_series()
    batch = gather(panel, 1, int(panel.indptr[1]) + 2)
    assert batch.history[0, 0, 0].item() == 0.0
    np.testing.assert_array_equal(batch.extras[0, :, 0], [0.0, 1.0, 0.0, 1.0])
    assert batch.level.item() == 3.0


def test_a_window_may_begin_before_the_first_row_of_the_panel():
    """The first row of the first series with look-back 4: three steps of padding."""
    batch = gather(two_series(), 0, 0)
    np.testing.assert_array_equal(batch.extras[0, :, 0], [0.0, 0.0, 0.0, 1.0])
    np.testing.assert_array_equal(batch.history[0, :, 0], np.zeros(4))


def test_a_look_back_without_an_observation_keeps_the_last_level():
    """Seen at 76 and 77, then six steps of nothing: with a look-back of 4 the level is 77, not 0."""
    panel = make_panel({"a": [76.0, 77.0, *[NAN] * 6]}, horizon=2, cutoff=8)
    batch = gather(panel, 0, 7)
    assert batch.level.item() == 77.0
    assert batch.history.abs().sum().item() == 0.0


def test_an_aligned_covariate_is_measured_as_the_target_is():
    """The plan 10 20 ahead stands where the target 10 20 stands, in the target's normalised units."""
    plan = np.array([2.0, 4, 6, 8, 10, 20, 0, 0])[:, None]
    panel = make_panel({"a": plan[:6, 0]}, horizon=2, cutoff=6, future=plan, future_names=("plan",))
    batch = gather(panel, 0, 3, known=(0,), aligned=((0, 0),))
    np.testing.assert_allclose(batch.aligned[0, :, 0, 0], batch.target[0, :, 0])
    unaligned = gather(panel, 0, 3, known=(0,))
    assert unaligned.aligned.abs().sum().item() == 0.0


def test_an_aligned_covariate_goes_with_the_target_into_logarithms():
    """Law: where the target is forecast by its logarithm, so is its plan measured; a plan of 0 stays finite."""
    plan = np.array([2.0, 4, 6, 8, 10, 20, 0, 0])[:, None]
    panel = make_panel({"a": plan[:6, 0]}, horizon=2, cutoff=6, future=plan, future_names=("plan",))
    batch = gather(panel, 0, 3, known=(0,), aligned=((0, 0),), logs=(True,))
    np.testing.assert_allclose(batch.aligned[0, :, 0, 0], batch.target[0, :, 0], rtol=1e-5)
    logs = np.log([2.0, 4, 6, 8])
    assert batch.level.item() == pytest.approx(logs.mean())
    beyond = gather(panel, 0, 5, known=(0,), aligned=((0, 0),), logs=(True,))
    np.testing.assert_array_equal(beyond.aligned[0, :, 0, 0], [-ALIGNED_BOUND] * 2)


@pytest.mark.parametrize("still", [500.0, 0.0])
def test_a_launch_of_what_had_never_moved_has_no_weight(still):
    """Flat at 500 its scale is 0.05, so 5,000 ahead would be 90,000 of them, and its square all that a loss sees.

    What comes within ten of them, and what comes once it has moved, is learnt from.
    """
    panel = make_panel({"a": [still] * 4 + [5000.0, still + 0.2, 5000.0, 3000.0]}, horizon=2, cutoff=8)
    launch = gather(panel, 0, 3)
    assert launch.weight[0, :, 0].tolist() == [0.0, 1.0]
    assert gather(panel, 0, 5).weight[0, :, 0].tolist() == [1.0, 1.0]


def test_a_value_without_a_logarithm_has_no_weight_and_no_mask():
    """Law: a window of logarithms over 1 0 4 with 0 ahead reads the mask 1 0 1, and scores nothing there.

    A model of positive targets may be asked for a panel that has since seen a zero.
    """
    panel = make_panel({"a": [1.0, 0.0, 4.0, 0.0]}, horizon=1, cutoff=4)
    batch = gather(panel, 0, 2, look_back=3, logs=(True,))
    np.testing.assert_array_equal(batch.extras[0, :, 0], [1.0, 0.0, 1.0])
    assert batch.weight.item() == 0.0


def wild_panel(dtype: type, lengths=(30, 3, 17, 41)) -> Panel:
    """Two targets, two past, three future, two static covariates; gaps; one series begins late in one target."""
    rng = np.random.default_rng(3)
    histories = {str(s): np.zeros(length) for s, length in enumerate(lengths)}
    panel = make_panel(histories, horizon=3, cutoff=50, dtype=dtype)
    steps = panel.steps
    targets = np.column_stack([rng.normal(100, 10, steps), 1e6 + rng.normal(0, 5, steps)])
    targets[rng.random(targets.shape) < 0.2] = NAN
    targets[int(panel.indptr[2]) : int(panel.indptr[2]) + 6, 1] = NAN
    targets[panel.ordinals > panel.cutoff] = NAN
    past = rng.normal(size=(steps, 2))
    past[rng.random(past.shape) < 0.1] = NAN
    future = rng.normal(50, 20, size=(steps, 3))
    future[rng.random(future.shape) < 0.1] = NAN
    return replace(
        panel,
        targets=targets.astype(dtype),
        past=past.astype(np.float32),
        future=future.astype(dtype),
        static=rng.normal(size=(len(lengths), 2)).astype(np.float32),
        target_names=("y", "z"),
        past_names=("p", "q"),
        future_names=("calendar:hour_sin", "plan", "other"),
        static_names=("g", "h"),
    )


def slowly(panel: Panel, settings: InputSettings, series: int, row: int) -> dict[str, np.ndarray]:
    """The window of one cutoff, step by step and column by column in float64."""
    look_back, horizon = settings.look_back, settings.horizon
    first = int(panel.indptr[series])
    level, scale = (
        part[row].astype(np.float64)
        for part in window_scales(panel.targets, panel.indptr, look_back, settings.normalisation)
    )
    targets, known = panel.targets.shape[1], settings.known
    history, masks = np.zeros((look_back, targets)), np.zeros((look_back, targets))
    target, weight = np.zeros((horizon, targets)), np.zeros((horizon, targets))
    begun = np.zeros(look_back, bool)
    for column in range(targets):
        last = None
        for at in range(first, row + horizon + 1):
            value = float(panel.targets[at, column])
            last = value if not np.isnan(value) else last
            step = at - (row - look_back + 1)
            if 0 <= step < look_back and last is not None:
                history[step, column] = (last - level[column]) / scale[column]
                masks[step, column] = not np.isnan(value)
                begun[step] = True
            elif step >= look_back and not np.isnan(value):
                target[step - look_back, column] = (value - level[column]) / scale[column]
                still = scale[column] <= 1e-4 * abs(level[column]) * 1.000001 or (level[column], scale[column]) == (
                    0,
                    1,
                )
                weight[step - look_back, column] = abs(target[step - look_back, column]) <= (10 if still else 100)
    past = np.zeros((look_back, panel.past.shape[1]))
    standardised = np.zeros((look_back + horizon, len(known)))
    aligned = np.zeros((horizon, targets, len(known)))
    rows = np.arange(row - look_back + 1, row + horizon + 1)
    for step in np.flatnonzero(begun).tolist():
        past[step] = settings.past.apply(panel.past[[rows[step]]])[0]
    ahead = settings.future.apply(panel.future[row + 1 : row + 1 + horizon]).astype(np.float64)
    for position, column in enumerate(known):
        raw = np.array([np.nan_to_num(panel.future[at, column].astype(np.float64)) if at >= 0 else 0.0 for at in rows])
        told = np.array([at >= 0 and not np.isnan(panel.future[at, column]) for at in rows])
        inside = raw[:look_back][begun & told[:look_back]]
        if len(inside):
            mean, std = inside.mean(), inside.std()
            standardised[:, position] = np.clip((raw - mean) / (std + 0.05 * abs(mean) + 1e-6), -10, 10) * told
        standardised[:look_back, position] *= begun
        ahead[:, column] = standardised[look_back:, position]
        for goal, place in settings.aligned:
            if place == position:
                distance = (raw[look_back:] - level[goal]) / scale[goal]
                aligned[:, goal, position] = np.clip(distance, -ALIGNED_BOUND, ALIGNED_BOUND) * told[look_back:]
    return {
        "history": history,
        "extras": np.concatenate([masks, past, standardised[:look_back]], axis=1),
        "ahead": ahead,
        "aligned": aligned,
        "static": settings.static.apply(panel.static[[series]])[0],
        "target": target,
        "weight": weight,
        "level": level,
        "scale": scale,
    }


def without(panel: Panel, *roles: str) -> Panel:
    """The panel without past, future or static covariates."""
    emptied = {role: getattr(panel, role)[:, :0] for role in roles} | {f"{role}_names": () for role in roles}
    return replace(panel, **emptied)


@pytest.mark.parametrize("normalisation", ["mean_std", "last_value", "series"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("roles", [(), ("past",), ("past", "future"), ("past", "future", "static")])
def test_windows_are_those_of_a_slow_gather(dtype, normalisation, roles):
    """Law: every tensor of every window of a random panel, also of those that begin before their series.

    Without the roles given the shortcuts for panels without covariates are taken.
    """
    panel = without(wild_panel(dtype), *roles)
    covariates = {} if "future" in roles else {"known": (1, 2), "aligned": ((1, 0), (0, 1))}
    settings = settings_of(
        panel,
        look_back=8,
        normalisation=normalisation,
        past=Standardiser.fit(panel.past),
        future=Standardiser.fit(panel.future),
        static=Standardiser.fit(panel.static),
        **covariates,
    )
    positions = [
        (series, row)
        for series in range(panel.series)
        for row in range(int(panel.indptr[series]), int(panel.indptr[series + 1]) - panel.horizon)
    ]
    random = np.random.default_rng(0).permutation(len(positions))
    series, rows = np.array(positions)[random].T
    batch = Inputs(panel, settings, CPU).gather_at(series, rows)
    slow = [slowly(panel, settings, int(s), int(r)) for s, r in zip(series, rows, strict=True)]
    for field in fields(Batch):
        gathered = getattr(batch, field.name).numpy()
        # A level of a million has three digits left of a spread of five in float32.
        tolerance = 1e-5 if dtype is np.float64 else 1e-2
        expected = np.stack([window[field.name] for window in slow])
        assert gathered.shape == expected.shape, field.name
        np.testing.assert_allclose(gathered, expected, atol=tolerance, rtol=tolerance, err_msg=field.name)


def test_a_float64_panel_keeps_digits_that_float32_has_not():
    """1e12 + 0 1 2 … differ in the thirteenth digit; the window still tells them apart.

    Levels and scales stay in float64. The floor of the scale, 1e-4 of the mean, makes the steps 1e-8 apart.
    """
    panel = make_panel({"a": 1e12 + np.arange(8.0)}, horizon=2, cutoff=8, dtype=np.float64)
    batch = gather(panel, 0, 4)
    assert batch.level.dtype == torch.float64
    assert batch.level.item() == 1e12 + 2.5
    np.testing.assert_allclose(batch.history[0, :, 0].double() * 1e8, [-1.5, -0.5, 0.5, 1.5], rtol=1e-5)
    assert batch.history.dtype == batch.target.dtype == torch.float32


def test_targets_that_share_channels_stay_together_and_share_their_covariates():
    """Two windows of two targets are four of one, in the order window 0 target 0, window 0 target 1, window 1 …"""
    panel = wild_panel(np.float64)
    settings = settings_of(panel, known=(1,), aligned=((0, 0),))
    series, rows = np.array([0, 3]), np.array([10, int(panel.indptr[3]) + 20])
    joint = Inputs(panel, settings, CPU).gather_at(series, rows)
    apart = Inputs(panel, replace(settings, channels="shared"), CPU).gather_at(series, rows)
    assert apart.history.shape == (4, 4, 1)
    for row, (window, target) in enumerate([(0, 0), (0, 1), (1, 0), (1, 1)]):
        for name in ("history", "target", "weight"):
            assert torch.equal(getattr(apart, name)[row, :, 0], getattr(joint, name)[window, :, target]), name
        for name in ("level", "scale"):
            assert torch.equal(getattr(apart, name)[row, 0], getattr(joint, name)[window, target]), name
        for name in ("ahead", "static"):
            assert torch.equal(getattr(apart, name)[row], getattr(joint, name)[window]), name
        assert torch.equal(apart.extras[row, :, 0], joint.extras[window, :, target])
        assert torch.equal(apart.extras[row, :, 1:], joint.extras[window, :, 2:])
        assert torch.equal(apart.aligned[row, :, 0], joint.aligned[window, :, target])


def test_an_unobserved_value_is_never_read():
    """Law: values after the cutoff of a window change its targets only, neither what it reads nor its units."""
    panel = wild_panel(np.float64)
    settings = settings_of(panel, known=(1,), aligned=((0, 0),), look_back=8)
    series, rows = np.array([0]), np.array([15])
    before = Inputs(panel, settings, CPU).gather_at(series, rows)
    targets, past = panel.targets.copy(), panel.past.copy()
    targets[16:], past[16:] = 1e9, 1e9
    after = Inputs(replace(panel, targets=targets, past=past), settings, CPU).gather_at(series, rows)
    for field in fields(Batch):
        if field.name not in ("target", "weight"):
            assert torch.equal(getattr(after, field.name), getattr(before, field.name)), field.name
