"""Other values of future covariates: what a text means, for which series, and what the panel has then."""

import numpy as np
import pytest

from lstm.data.scenario.future_changes import (
    FutureChange,
    parse_change,
    parse_conditions,
    series_where,
    with_changes,
)
from lstm.errors import ConfigError
from panels import make_panel


@pytest.mark.parametrize(
    ("text", "change"),
    [
        ("scheduled*=1.1", FutureChange("scheduled", "*=", 1.1)),
        (" price = -2 ", FutureChange("price", "=", -2.0)),
        ("price+=1e3", FutureChange("price", "+=", 1000.0)),
        ("a b-=0.5", FutureChange("a b", "-=", 0.5)),
    ],
)
def test_a_change_is_a_covariate_an_operation_and_a_number(text, change):
    assert parse_change(text) == change


@pytest.mark.parametrize("text", ["scheduled", "=3", "scheduled*=", "scheduled*=much", "x==3", "x=nan", "x=inf", ""])
def test_another_text_is_refused_with_an_example(text):
    with pytest.raises(ConfigError, match=r"not understood; .* such as scheduled\*=1.1"):
        parse_change(text)


def test_conditions_are_kept_by_column_and_a_value_may_hold_an_equals_sign():
    conditions = parse_conditions(["carrier=AA", "carrier=B=6", "origin=JFK"])
    assert conditions == {"carrier": ("AA", "B=6"), "origin": ("JFK",)}
    with pytest.raises(ConfigError, match="key column and a value, such as carrier=AA"):
        parse_conditions(["carrier"])


@pytest.fixture
def panel():
    """Two series with 10 and 6 steps, then 3 ahead; a future covariate counts 0, 1, 2, … in each."""
    future = np.concatenate([np.arange(13.0), np.arange(9.0)])[:, None]
    histories = {"A": np.arange(10.0), "B": np.arange(6.0)}
    return make_panel(histories, horizon=3, cutoff=100, future=future, future_names=("price",))


def test_conditions_choose_series_by_the_text_of_their_keys(panel):
    assert series_where(panel, {}).tolist() == [True, True]
    assert series_where(panel, {"id": ("B",)}).tolist() == [False, True]
    assert series_where(panel, {"id": ("A", "B")}).tolist() == [True, True]
    with pytest.raises(ConfigError, match="'colour' does not tell series apart; the key columns are id"):
        series_where(panel, {"colour": ("red",)})
    with pytest.raises(ConfigError, match="no series has id = 'Z'; there are A, B"):
        series_where(panel, {"id": ("Z",)})


def test_changes_follow_one_another_over_the_horizon_of_the_chosen_series_alone(panel):
    """By hand: the second series ends with 6, 7, 8 ahead; times 2, plus 1: 13, 15, 17."""
    changes = [FutureChange("price", "*=", 2.0), FutureChange("price", "+=", 1.0)]
    changed = with_changes(panel, changes, np.array([False, True]))
    assert changed.future[-3:, 0].tolist() == [13.0, 15.0, 17.0]
    assert np.array_equal(changed.future[:-3], panel.future[:-3])
    assert panel.future[-3:, 0].tolist() == [6.0, 7.0, 8.0]


def test_what_is_not_known_ahead_stays_so_unless_it_is_set(panel):
    panel.future[-1, 0] = np.nan
    chosen = np.array([True, True])
    assert np.isnan(with_changes(panel, [FutureChange("price", "*=", 2.0)], chosen).future[-1, 0])
    assert with_changes(panel, [FutureChange("price", "=", 4.0)], chosen).future[-1, 0] == 4.0


def test_a_name_that_is_no_future_covariate_is_refused_with_those_that_are(panel):
    with pytest.raises(ConfigError, match=r"'weather' is no future covariate .*price"):
        with_changes(panel, [FutureChange("weather", "=", 1.0)], np.array([True, True]))
