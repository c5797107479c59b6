"""The automatic rules, on panels for which the choice can be worked out by hand."""

import numpy as np

from lstm.config import Model
from lstm.data.windows import Splits, cut_windows
from lstm.model.choices import choose_future, choose_shape
from panels import make_panel

NAMES = ("plan", "calendar:weekday_sin", "calendar:yearday_sin", "calendar:holiday")


def panel_of(days: int, plan: np.ndarray | None = None):
    target = np.random.default_rng(0).normal(size=days)
    future = np.zeros((days + 7, len(NAMES)))
    future[:days, 0] = target if plan is None else plan
    return make_panel({"a": target}, horizon=7, cutoff=days, future=future, future_names=NAMES)


def windows_of(panel):
    return cut_windows(panel, Splits(panel.cutoff - 28, panel.cutoff - 14, panel.cutoff, 7, 2, 7))


def test_the_day_of_the_year_is_read_once_training_spans_nearly_a_year():
    """0.9 of 365.2425 days are 328.7: 328 days of training are too few, 329 enough; other covariates always stay."""
    panel = panel_of(400)
    too_few, choice = choose_future(panel, 328)
    assert too_few == ("plan", "calendar:weekday_sin", "calendar:holiday")
    assert "328 days, not nearly a whole cycle of calendar:yearday_sin" in choice.reason
    assert choose_future(panel, 329)[0] == NAMES


def test_the_look_back_is_two_seasons_within_half_of_a_short_history():
    """Season 7, horizon 7: at least 28 steps; a training part of 40 steps allows 20, which is 14 in whole weeks."""
    assert choose_shape(panel_of(200), windows_of(panel_of(200)), Model(), (7,)).look_back == 28
    assert choose_shape(panel_of(68), windows_of(panel_of(68)), Model(), (7,)).look_back == 14
    assert choose_shape(panel_of(68), windows_of(panel_of(68)), Model(look_back=30), (7,)).look_back == 30


def test_a_covariate_is_aligned_when_it_is_nearly_the_target_in_its_own_unit():
    """The target itself is; the same times ten is not (slope 0.1), and noise is not."""
    same = panel_of(200)
    target = same.targets[:200, 0]
    noise = np.random.default_rng(1).normal(size=200)
    for plan, pairs in ((None, ((0, 0),)), (10 * target, ()), (noise, ())):
        panel = panel_of(200, plan)
        assert choose_shape(panel, windows_of(panel), Model(), (7,)).aligned == pairs
