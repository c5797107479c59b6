"""Targets, and the covariates that could explain them."""

import pytest
from looks import DAYS, look, suggested, written

from lstm.errors import DataError


@pytest.mark.parametrize(
    ("names", "target"),
    [(("a", "y"), "y"), (("price", "units_sold"), "units_sold"), (("first", "second"), "first")],
    ids=["exact", "word", "first"],
)
def test_the_target_goes_by_name_and_else_by_order(names, target):
    """The others are suggested as covariates."""
    columns = {name: [str(n * (index + 2) % 11 / 2) for n in range(40)] for index, name in enumerate(names)}
    guesses = look({"day": DAYS, **columns})
    assert written(guesses)["targets"] == (target,)
    assert suggested(guesses) == [("past_covariates", tuple(name for name in names if name != target))]


def test_the_table_may_name_the_target():
    """departures.csv has a column `departures`."""
    columns = {name: [str(n * 3 % 7) for n in range(40)] for name in ("cancelled", "departures")}
    assert written(look({"day": DAYS, **columns}, name="departures"))["targets"] == ("departures",)


def test_what_is_filled_beyond_the_last_target_is_known_ahead():
    """Ten days that have a plan and no target."""
    observed = [str(n) for n in range(30)] + [""] * 10
    guesses = look({"day": DAYS, "y": observed, "planned": [str(n % 5) for n in range(40)]})
    assert suggested(guesses) == [("future_covariates", ("planned",))]


def test_a_table_without_numbers_is_refused():
    """There is nothing to forecast."""
    with pytest.raises(DataError, match="no column holds numbers, so there is nothing to forecast"):
        look({"day": DAYS, "colour": ["red", "green"] * 20})


@pytest.mark.parametrize("label", ["Stationsnummer", "station_no", "STN", "site number", "plz", "latitude"])
def test_the_number_of_a_station_is_no_target(label):
    """A number that says which one or where, also where it changes, is not what is forecast."""
    columns = {"day": DAYS, label: [str(10_384 + n % 3) for n in range(40)], "reading": [str(n % 7) for n in range(40)]}
    assert written(look(columns))["targets"] == ("reading",)


@pytest.mark.parametrize("name", ["No", "nr", "instant"])
def test_the_number_of_a_row_is_neither_target_nor_covariate(name):
    """It counts up from row to row."""
    guesses = look({name: [str(n) for n in range(1, 41)], "day": DAYS, "reading": [str(n % 7) for n in range(40)]})
    assert written(guesses)["targets"] == ("reading",)
    assert suggested(guesses) == []
