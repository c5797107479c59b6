"""The automatic rules, on panels for which the choice can be worked out by hand."""

import numpy as np
import pytest
import torch

from lstm.config import Model, Training
from lstm.data.frequency.aliases import parse_frequency
from lstm.data.panel.windows import Splits, Windows
from lstm.model.forecaster.choices import Choice, choose_batches, choose_future, choose_shape
from panels import make_panel, windows_of_splits
from trainings import CPU

NAMES = ("plan", "calendar:weekday_sin", "calendar:yearday_sin", "calendar:holiday")


def panel_with_plan(days: int, plan: np.ndarray | None = None):
    target = np.random.default_rng(0).normal(size=days)
    future = np.zeros((days + 7, len(NAMES)))
    future[:days, 0] = target if plan is None else plan
    return make_panel({"a": target}, horizon=7, cutoff=days, future=future, future_names=NAMES)


def windows_of(panel):
    return windows_of_splits(panel, Splits(panel.cutoff - 28, panel.cutoff - 14, panel.cutoff, 7, 2, 7))


def shape_of(lengths: list[int], horizon: int, seasons: tuple[int, ...], model: Model | None = None):
    """The shape for series whose training parts have these lengths."""
    longest = max(lengths)
    panel = make_panel({str(i): np.ones(length) for i, length in enumerate(lengths)}, horizon=horizon, cutoff=longest)
    empty = np.zeros(0, np.int64)
    windows = Windows(empty, empty, empty, Splits(longest, longest, longest, horizon, 1, 1))
    return choose_shape(panel, windows, model or Model(), seasons)


def look_backs(*arguments) -> list[int]:
    return [view.look_back for view in shape_of(*arguments).views]


def reason_of(shape, name: str) -> str:
    return str(next(choice.reason for choice in shape.choices if choice.name == name))


def test_the_day_of_the_year_is_read_once_training_spans_nearly_a_year():
    """0.9 of 365.2425 days are 328.7: 328 days of training are too few, 329 enough; other covariates always stay."""
    panel = panel_with_plan(400)
    too_few, choice = choose_future(panel, 328)
    assert too_few == ("plan", "calendar:weekday_sin", "calendar:holiday")
    assert "328 days, not nearly a whole cycle of calendar:yearday_sin" in choice.reason
    assert choose_future(panel, 329)[0] == NAMES


def test_hourly_members_look_back_one_two_and_three_weeks():
    """Seasons 24 and 168, horizon 48: a week holds 14 steps and half of the horizon."""
    assert look_backs([2000] * 5, 48, (24, 168)) == [168, 336, 504]
    assert look_backs([2000] * 5, 48, (24,)) == [24, 48, 72]


def test_weekly_members_look_back_one_two_and_three_years():
    """Season 52, horizon 13."""
    assert look_backs([1000] * 5, 13, (52,)) == [52, 104, 156]


def test_daily_members_look_back_whole_weeks_that_hold_a_fortnight():
    """Season 7, horizon 7: 14 steps. Horizon 60: half of it is 30, which five weeks hold."""
    assert look_backs([1000] * 5, 7, (7,)) == [14, 28, 42]
    assert look_backs([1000] * 5, 60, (7,)) == [35, 70, 105]


def test_without_a_season_a_look_back_holds_fourteen_steps_or_half_of_the_horizon():
    """Season 1."""
    assert look_backs([1000], 6, (1,)) == [14, 28, 42]
    assert look_backs([1000], 60, (1,)) == [30, 60, 90]


def test_short_histories_shorten_the_look_back_to_whole_short_seasons():
    """Ten training parts of 50 steps: two thirds of the median are 33, of which 28 are whole weeks.

    Nine parts of 1,000 and four of 20: the 20th percentile of them, 20, allows 14. A part of five steps allows 3.
    """
    shape = shape_of([50] * 10, 7, (7,))
    assert [view.look_back for view in shape.views] == [14, 28, 28]
    assert "at most 28, for which the training part is long enough" in reason_of(shape, "look_back")
    assert look_backs([1000] * 9 + [20] * 4, 7, (7,)) == [14, 14, 14]
    assert look_backs([5], 2, (7,)) == [3, 3, 3]
    assert look_backs([1], 2, (7,)) == [1, 1, 1]


def test_members_take_turns_with_the_look_backs_and_one_member_takes_the_middle():
    """Five members read 1, 2, 3, 1 and 2 units; one reads two units."""
    assert look_backs([1000], 7, (7,), Model(members=5)) == [14, 28, 42, 14, 28]
    assert look_backs([1000], 7, (7,), Model(members=1)) == [28]
    assert look_backs([1000], 7, (7,), Model(kind="textbook")) == [28]


def test_a_fixed_look_back_is_that_of_all_members():
    """The pipeline file decides, even where the history is shorter."""
    shape = shape_of([40], 7, (7,), Model(look_back=100))
    assert [view.look_back for view in shape.views] == [100] * 3
    assert reason_of(shape, "look_back") == "the pipeline file"


@pytest.mark.parametrize(
    ("horizon", "season", "look_back", "holding"),
    [
        (48, 24, 168, 48),  # two days hold the horizon
        (30, 24, 168, 48),  # so they do here
        (48, 24, 504, 48),
        (48, 24, 72, 48),
        (7, 7, 14, 7),
        (13, 52, 104, 52),
        (13, 52, 52, 52),
        (8, 1, 20, 8),  # without a season as many steps as the horizon
        (8, 1, 1, 8),
    ],
)
def test_a_segment_is_once_or_twice_the_seasons_that_hold_the_horizon(horizon, season, look_back, holding):
    """Law: between these two, but at most half of the look-back, and at least one step."""
    (view,) = shape_of([1000], horizon, (season,), Model(look_back=look_back, members=1)).views
    half = max(look_back // 2, 1)
    assert min(holding, half) <= view.segment <= min(2 * holding, half)


def test_a_fixed_segment_is_cut_to_the_look_back_and_single_steps_have_none():
    """A segment longer than the look-back would be padding."""
    assert shape_of([1000], 7, (7,), Model(look_back=14, segment=5)).views[0].segment == 5
    assert shape_of([1000], 7, (7,), Model(look_back=14, segment=50)).views[0].segment == 14
    for kind in ("stepwise", "textbook"):
        assert shape_of([1000], 7, (7,), Model(kind=kind, look_back=14, segment=5)).views[0].segment == 1


def test_a_window_needs_half_of_the_shortest_look_back():
    """14, 28 and 42: 7 steps. A look-back of one needs one."""
    assert shape_of([1000], 7, (7,)).steps_needed == 7
    assert shape_of([1000], 7, (7,), Model(look_back=1)).steps_needed == 1


def test_the_width_is_64_or_50_in_the_textbook_unless_it_is_fixed():
    """Each choice says where it comes from."""
    assert shape_of([1000], 7, (7,)).hidden == 64
    assert shape_of([1000], 7, (7,), Model(kind="textbook")).hidden == 50
    fixed = shape_of([1000], 7, (7,), Model(hidden=10))
    assert (fixed.hidden, reason_of(fixed, "hidden")) == (10, "the pipeline file")


def test_a_covariate_is_aligned_when_it_is_nearly_the_target_in_its_own_unit():
    """The target itself is; the same times ten is not (slope 0.1), nor is it far away, and noise is not."""
    same = panel_with_plan(200)
    target = same.targets[:200, 0]
    noise = np.random.default_rng(1).normal(size=200)
    for plan, pairs in ((None, ((0, 0),)), (10 * target, ()), (target + 100, ()), (noise, ())):
        panel = panel_with_plan(200, plan)
        shape = choose_shape(panel, windows_of(panel), Model(), (7,))
        assert shape.aligned == pairs
        assert shape.known == (0,)  # the calendar is not the user's


def test_whether_a_covariate_is_aligned_is_judged_on_training_rows():
    """Law: it was noise until the training part ended, and is the target from then on."""
    panel = panel_with_plan(200)
    train_end = windows_of(panel).splits.train_end
    panel.future[panel.ordinals <= train_end, 0] = np.random.default_rng(1).normal(size=train_end)
    assert choose_shape(panel, windows_of(panel), Model(), (7,)).aligned == ()


def test_seasons_follow_from_the_frequency():
    """The rules above are asked for by `hourly` and `weekly` as the panel's frequency says them, shortest first."""
    assert parse_frequency("h").default_seasons() == (24, 168)
    assert parse_frequency("D").default_seasons() == (7,)


def test_batches_are_larger_on_a_gpu_and_fewer_unless_the_pipeline_file_says():
    """Law: four times the windows in a quarter of the steps, 50 / 4 rounded up, at twice the rate."""
    cuda, training = torch.device("cuda"), Training(learning_rate=1e-3)
    assert choose_batches(training, CPU) == (
        training,
        256,
        Choice(name="batch_size", value="256", reason="the default"),
    )
    fewer, size, choice = choose_batches(training, cuda)
    assert (fewer.epoch_steps, fewer.learning_rate, size, choice.value) == (13, 2e-3, 1_024, "1024")
    fixed, size, choice = choose_batches(Training(batch_size=64), cuda)
    assert (fixed.epoch_steps, size, choice.reason) == (50, 64, "the pipeline file")
