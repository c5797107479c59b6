"""Why a forecast changed: the parts, their means, and what last night knew."""

from dataclasses import replace

import numpy as np
import pytest
from changes import NAIVE, V1, V2, change_of, in_parts, known_ahead, published
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from lstm.evaluation.change.attribution import (
    attribute,
    chosen_series,
    exchanges,
    has_covariates,
    known_before,
    largest,
    share,
    size,
)
from panels import make_panel


@given(arrays(np.float64, (4, 2, 3, 2), elements=st.floats(-1e6, 1e6)))
def test_the_three_parts_add_up_to_the_change(nights: np.ndarray) -> None:
    """Law: data + covariates + model = tonight - last night, at every step, to rounding."""
    last, after_data, after_covariates, tonight = nights
    parts = attribute(last, after_data, after_covariates, tonight)
    np.testing.assert_allclose(parts.data + parts.covariates + parts.model, tonight - last, rtol=0, atol=1e-8)


def test_each_part_is_one_step_of_the_night() -> None:
    """100 was published; new data make it 103, the covariates 102, the new model 108."""
    parts = attribute(*(np.full((1, 1, 1), value) for value in (100.0, 103.0, 102.0, 108.0)))
    assert (parts.data.item(), parts.covariates.item(), parts.model.item()) == (3.0, -1.0, 6.0)


def test_where_only_one_night_has_a_forecast_there_are_no_parts() -> None:
    """The old model forecasts tonight's last step too, which last night did not reach."""
    last, tonight = np.array([[[1.0], [np.nan]]]), np.array([[[2.0], [3.0]]])
    parts = attribute(last, tonight, tonight, tonight)
    for part in (parts.data, parts.covariates, parts.model):
        assert np.isnan(part[0, :, 0]).tolist() == [False, True]


def test_the_size_of_a_change_does_not_cancel_over_the_steps() -> None:
    """+3 and -1, and a step that is not compared: 2 on average."""
    assert size(np.array([[[3.0], [-1.0], [np.nan]]])).tolist() == [[2.0]]
    assert np.isnan(size(np.full((1, 2, 1), np.nan))).all()


def test_a_share_is_of_how_far_the_series_usually_move_together() -> None:
    """Sizes 1 and 3 over usual changes of 2 and 6 are 4 / 8; a series that never moved has no say in it."""
    change = in_parts([[[1.0]], [[3.0]], [[50.0]]], np.zeros((3, 1, 1)), np.zeros((3, 1, 1)))
    change = replace(change, scale=np.array([[2.0], [6.0], [np.nan]]))
    assert share(size(change.total), change).tolist() == [0.5]
    assert np.isnan(share(size(change.total), replace(change, scale=np.full((3, 1), np.nan)))).all()


def test_the_largest_changes_are_those_of_most_of_a_usual_change() -> None:
    """Two targets: 8 of a usual 10 is less than 3 of a usual 2; what did not move is not told of."""
    change = in_parts([[[8.0, 3.0]], [[0.0, 0.0]]], np.zeros((2, 1, 2)), np.zeros((2, 1, 2)))
    change = replace(change, scale=np.array([[10.0, 2.0], [10.0, 2.0]]))
    assert largest(change, 5) == [(0, 1), (0, 0)]
    assert largest(change, 1) == [(0, 1)]


def test_of_changes_that_are_all_tiny_the_largest_is_told() -> None:
    """0.002 of a usual 2 is below what is told of, but nothing moved more."""
    assert largest(in_parts([[[0.001]], [[0.002]]], np.zeros((2, 1, 1)), np.zeros((2, 1, 1))), 5) == [(1, 0)]


def test_makers_are_exchanged_series_by_series() -> None:
    """v2 took over from v1 in two series, the naive baseline in one; a series that one night lacks does not count."""
    last = published(np.zeros((4, 1, 1)))
    tonight = published([[[1.0]], [[1.0]], [[1.0]], [[np.nan]]], (V2, NAIVE), [[0], [1], [0], [0]])
    pairs = exchanges(change_of(last, tonight))
    assert [(pair.before, pair.now, pair.where[:, 0].tolist()) for pair in pairs] == [
        (V1, V2, [True, False, True, False]),
        (V1, NAIVE, [False, True, False, False]),
    ]


def test_of_very_many_series_an_even_spread_and_the_largest_changes_are_explained() -> None:
    """Of ten, four: 0, 3, 6, 9; the fifth moved most, is explained too, and has no say in means."""
    moved = np.full((10, 1, 1), 0.5)
    moved[4] = 9.0
    series, counted = chosen_series(in_parts(moved, 0 * moved, 0 * moved), 4, 1)
    assert series.tolist() == [0, 3, 4, 6, 9]
    assert np.flatnonzero(counted).tolist() == [0, 3, 6, 9]
    series, counted = chosen_series(in_parts(moved, 0 * moved, 0 * moved), 10, 1)
    assert series.tolist() == list(range(10))
    assert counted.all()


def test_last_night_s_covariates_are_put_back_where_last_night_had_the_step() -> None:
    """Last night's panel ends a step earlier; the step that it did not reach keeps what is known tonight.

    Rows of tonight: days 1 to 6 (the cutoff is 4, the horizon 2). The plan of day 5 was 50 and is 55.
    """
    tonight = known_ahead(make_panel({"a": [1, 2, 3, 4]}, horizon=2, cutoff=4), [10, 20, 30, 40, 55, 60])
    old = known_ahead(make_panel({"a": [1, 2, 3]}, horizon=2, cutoff=3), [10, 20, 30, 40, 50])
    known = known_before(tonight, old)
    assert known.panel.future[:, 0].tolist() == [10, 20, 30, 40, 50, 60]
    assert (known.changed, known.revised) == (1, 0)
    assert tonight.future[4, 0] == 55


def test_revised_values_are_counted_where_both_nights_read_them() -> None:
    """Day 2 was 2 and is 9, day 3 was missing and came late; day 4 is new, which is no revision."""
    tonight = make_panel({"a": [1, 9, 3, 4]}, horizon=1, cutoff=4)
    old = make_panel({"a": [1, 2, np.nan]}, horizon=1, cutoff=3)
    assert known_before(tonight, old).revised == 2


def test_a_series_is_found_again_by_its_key_however_the_panels_begin() -> None:
    """The new series comes first, and the old one begins a day later than last night."""
    tonight = known_ahead(make_panel({"new": [1, 1], "old": [2, 3]}, horizon=1, cutoff=3), [0, 0, 0, 7, 7, 7])
    old = known_ahead(make_panel({"old": [1, 2]}, horizon=1, cutoff=2), [5, 6, 8])
    assert known_before(tonight, old).panel.future[:, 0].tolist() == [0, 0, 0, 6, 8, 7]


def test_equal_covariates_count_as_unchanged_though_they_are_missing() -> None:
    """NaN is NaN."""
    panel = known_ahead(make_panel({"a": [1, 2]}, horizon=1, cutoff=2), [np.nan, 1, np.nan])
    assert known_before(panel, panel).changed == 0


@pytest.mark.parametrize(("names", "any_of_them"), [((), False), (("calendar:holiday",), False), (("plan",), True)])
def test_what_the_calendar_says_is_not_a_covariate_that_changes(names: tuple[str, ...], any_of_them: bool) -> None:
    """A weekday is the same tonight as it was last night."""
    panel = make_panel({"a": [1, 2]}, horizon=1, cutoff=2)
    panel = replace(panel, future=np.zeros((3, len(names)), np.float32), future_names=names)
    assert has_covariates(panel) is any_of_them
