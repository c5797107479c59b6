"""What stands in for targets that were not observed: by distance, the last value or that of a season ago."""

from dataclasses import replace

import numpy as np
import pytest

from lstm.model.network.imputation import Imputation, choose_imputation, impute
from panels import make_panel

NAN = float("nan")


def filled(values: list[float], imputation: Imputation, horizon: int = 1) -> list[float]:
    panel = make_panel({"a": np.array(values)}, horizon=horizon, cutoff=len(values) - 1)
    whole: list[float] = impute(panel.targets, panel, [imputation])[0][: len(values), 0].tolist()
    return whole


def test_the_last_value_is_carried_forward_and_zero_before_the_first():
    assert filled([NAN, 1.0, NAN, NAN, 2.0, NAN], Imputation()) == [0.0, 1.0, 1.0, 1.0, 2.0, 2.0]


def test_beyond_the_carried_steps_the_value_of_a_season_ago_counts():
    """A season of three; the first step of the gap is carried, the second looks back to the 3, then to the 1."""
    assert filled([1.0, 2.0, 3.0, 4.0, NAN, NAN, NAN, 8.0], Imputation(3, 1)) == [1, 2, 3, 4, 4, 3, 4, 8]


def test_a_season_that_is_missing_too_gives_way_to_the_one_before_and_then_to_the_last_value():
    assert filled([1.0, 2.0, NAN, NAN, NAN, NAN], Imputation(2, 0)) == [1, 2, 1, 2, 1, 2]
    assert filled([NAN, 2.0, NAN], Imputation(2, 0)) == [0.0, 2.0, 2.0]


def test_a_series_is_never_filled_from_the_one_before_it():
    panel = make_panel({"a": [1.0, 2.0, 3.0], "b": [NAN, 5.0, NAN]}, horizon=1, cutoff=2)
    assert impute(panel.targets, panel, [Imputation(2, 0)])[0][4:7, 0].tolist() == [0.0, 5.0, 5.0]


def test_nothing_later_decides_what_a_row_is_filled_with():
    """Law: values after a row, changed at will, leave what it is filled with."""
    rng = np.random.default_rng(1)
    values = rng.normal(size=60)
    values[rng.random(60) < 0.4] = NAN
    before = filled(list(values), Imputation(7, 2))
    values[40:] = rng.normal(size=20)
    assert filled(list(values), Imputation(7, 2))[:40] == before[:40]


def test_a_week_is_filled_by_the_week_before_and_what_moves_slowly_by_the_last_value():
    """A week of zero Sundays; a walk of steps up and down, which has no week; a sine of 24 on a walk."""
    weekly = np.tile([10.0, 11.0, 12.0, 11.0, 15.0, 16.0, 0.0], 12)
    walk = np.cumsum(np.tile([1.0, -1.0, 1.0, 1.0], 30))
    sine = np.sin(2 * np.pi * np.arange(240) / 24) + np.cumsum(np.random.default_rng(0).normal(0, 0.1, 240))
    for values, seasons, expected in (
        (weekly, (7,), Imputation(7, 0)),
        (walk, (1,), Imputation()),
        (weekly, (3, 7), Imputation(7, 0)),
    ):
        panel = make_panel({"a": values}, horizon=1, cutoff=len(values) - 1)
        assert choose_imputation(panel, panel.targets[:, 0], seasons, panel.cutoff) == expected
    panel = make_panel({"a": sine}, horizon=1, cutoff=239)
    imputation = choose_imputation(panel, panel.targets[:, 0], (24,), 239)
    assert imputation.season == 24
    assert 1 <= imputation.carried <= 4


def test_a_target_without_values_is_carried_and_a_large_series_does_not_decide_alone():
    """Two series with a week of their own outweigh one of a million that has none."""
    rng = np.random.default_rng(2)
    weekly = np.tile([0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0], 10)
    histories = {"a": weekly, "b": weekly[::-1].copy(), "c": 1e6 * np.cumsum(rng.normal(size=70))}
    panel = make_panel(histories, horizon=1, cutoff=69)
    assert choose_imputation(panel, panel.targets[:, 0], (7,), 69).season == 7
    nothing = replace(panel, targets=np.full_like(panel.targets, NAN))
    assert choose_imputation(nothing, nothing.targets[:, 0], (7,), 69) == Imputation()


@pytest.mark.parametrize("through", [-1, 3])
def test_only_what_was_there_at_the_end_of_training_is_read(through):
    panel = make_panel({"a": np.tile([0.0, 9.0, 1.0], 9)}, horizon=1, cutoff=26)
    assert choose_imputation(panel, panel.targets[:, 0], (3,), through) in (Imputation(), Imputation(3, 0))
    assert choose_imputation(panel, panel.targets[:, 0], (3,), -1) == Imputation()
