"""The time column, and the columns that distinguish series."""

import pytest
from looks import DAYS, look, suggested, why, written

from lstm.errors import DataError


def test_a_table_without_repeated_times_is_one_series():
    """Law: the key is the smallest set of columns that leaves one row for each series and time."""
    guesses = look({"day": DAYS, "y": [str(value) for value in range(40)]})
    assert written(guesses) == {"series": (), "time": "day", "targets": ("y",)}
    assert guesses.questions == ()


def test_the_key_is_no_larger_than_it_has_to_be():
    """Two shops with two items each: a column that says nothing more is not part of the key."""
    rows = [(day, shop, item) for day in DAYS for shop in "ab" for item in "xy"]
    columns = {
        "day": [day for day, _, _ in rows],
        "shop": [shop for _, shop, _ in rows],
        "item": [item for _, _, item in rows],
        "town": ["Rome" if shop == "a" else "Oslo" for _, shop, _ in rows],
        "units": [str(number % 7) for number in range(len(rows))],
    }
    guesses = look(columns)
    assert written(guesses)["series"] == ("shop", "item")
    assert why(guesses, "series").startswith("4 series")
    assert ("static_covariates", ("town",)) in suggested(guesses)


def test_an_id_called_na_is_a_series():
    """Law: ids keep their text, so `NA` and `007` are series like any other, and no row of theirs is set aside."""
    guesses = look({"day": DAYS * 2, "meter": ["007"] * 40 + ["NA"] * 40, "load": [str(n % 9) for n in range(80)]})
    assert written(guesses) == {"series": ("meter",), "time": "day", "targets": ("load",)}
    assert why(guesses, "series").startswith("2 series")


def test_a_target_is_never_taken_for_a_key():
    """Rows that come twice and differ only in their whole number are a question; the number is not an id."""
    guesses = look(
        {
            "day": [day for day in DAYS for _ in "ab"] * 2,
            "id": ["a", "b"] * 80,
            "y": [str(number * 7 % 13) for number in range(160)],
        }
    )
    assert written(guesses)["series"] == ("id",)
    assert written(guesses)["targets"] == ("y",)
    assert {value for name, value in suggested(guesses) if name == "duplicates"} == {"last", "sum", "mean"}
    assert len(guesses.questions) == 1
    assert "duplicates" in guesses.questions[0]


def test_versions_of_one_observation_name_known_at():
    """Each month is there twice, published a month apart."""
    months = [f"{year}-{month:02d}-01" for year in (2022, 2023) for month in range(1, 13)]
    rows = [(month, f"2024-{version:02d}-15") for month in months for version in (1, 2)]
    columns = {"month": [m for m, _ in rows], "published": [p for _, p in rows], "gdp": [str(n) for n in range(48)]}
    guesses = look(columns)
    assert written(guesses)["time"] == "month"
    assert written(guesses)["known_at"] == "published"


def test_a_table_without_times_is_refused():
    """The columns are listed, and the option that names one."""
    with pytest.raises(DataError, match=r"no column holds times.*'name', 'y'.*--time"):
        look({"name": ["a", "b"], "y": ["1", "2"]})


def test_a_column_a_step_is_told_from_a_table_without_times():
    """The wide form of competitions: a row a series, a column a step."""
    columns = {f"V{step}": [str(step / 8), str(step / 4)] for step in range(2, 14)}
    with pytest.raises(DataError, match="bring it into the long form"):
        look({"V1": ["H1", "H2"], **columns})
