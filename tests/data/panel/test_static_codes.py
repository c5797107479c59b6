"""Static covariates read by the categories of another panel."""

from dataclasses import replace

import numpy as np

from lstm.data.panel.panel import Panel
from lstm.data.panel.static_codes import coded_by, unknown_categories
from panels import make_panel

NAN = np.nan


def panel_of(values: list[float], texts: tuple[str, ...] = ()) -> Panel:
    """A series a value of the static covariate `region`."""
    plain = make_panel({str(series): [1.0, 2.0] for series in range(len(values))}, horizon=1, cutoff=1)
    static = np.array(values, np.float32)[:, None]
    return replace(plain, static=static, static_names=("region",), categories=(texts,))


def coded(panel: Panel, learnt: tuple[str, ...]) -> list[float]:
    values: list[float] = coded_by(panel, (learnt,)).static[:, 0].tolist()
    return values


def test_a_category_keeps_its_number_when_others_come_before_it():
    """Law: what a model learnt of the north does not move to the east, which sorts before it; the east is unknown."""
    tonight = panel_of([1.0, 2.0, 0.0, NAN], ("east", "north", "south"))
    np.testing.assert_array_equal(coded(tonight, ("north", "south")), [0.0, 1.0, NAN, NAN])
    unknown = unknown_categories(tonight, (("north", "south"),))
    assert {key: series.tolist() for key, series in unknown.items()} == {("region", "east"): [2]}


def test_numbers_stay_numbers_where_tonight_has_texts():
    """Sizes 10 and 2, and one that nobody knows, of a model that was trained with numbers."""
    tonight = panel_of([0.0, 1.0, 2.0], ("10", "2", "unknown"))
    np.testing.assert_array_equal(coded(tonight, ()), [10.0, 2.0, NAN])


def test_categories_that_are_numbers_are_found_where_tonight_has_only_numbers():
    np.testing.assert_array_equal(coded(panel_of([10.0, 7.0]), ("10", "2", "A")), [0.0, NAN])


def test_a_model_of_before_reads_the_numbers_as_they_are():
    """Its card has no categories, so nobody knows which text was which."""
    tonight = panel_of([1.0, 0.0], ("north", "south"))
    assert coded_by(tonight, ()) is tonight
    assert unknown_categories(tonight, ()) == {}
