"""The columns that distinguish series."""

import pytest
from looks import DAYS, look, suggested, why, written


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


def test_text_that_changes_from_row_to_row_is_no_key():
    """The weather: a tenth of the hours have two rows, told apart by it; each kind of it is no series."""
    rows = [(hour, kind) for hour in range(240) for kind in range(2 if hour % 10 == 0 else 1)]
    columns = {
        "time": [f"2024-01-{hour // 24 + 1:02d} {hour % 24:02d}:00" for hour, _ in rows],
        "weather": [["clouds", "rain", "snow", "mist", "clear", "haze"][(7 * hour + kind) % 6] for hour, kind in rows],
        "cars": [str(10 + (hour * 13 + kind) % 50) for hour, kind in rows],
    }
    guesses = look(columns)
    assert written(guesses)["series"] == ()
    assert "24 rows are of the series and time of another row" in guesses.questions[0]
    assert written(look(columns | {"weather": ["rain"] * len(rows)}))["series"] == ()


def test_a_short_series_is_a_key_though_most_times_have_one_row():
    """Shop B opened ten days ago, and has had a row every day since."""
    columns = {"day": [*DAYS, *DAYS[-10:]], "filiale": ["A"] * 40 + ["B"] * 10, "y": [str(n % 9) for n in range(50)]}
    assert written(look(columns))["series"] == ("filiale",)


@pytest.mark.parametrize("empty", ["", None, "  "])
def test_a_key_with_an_empty_part_takes_in_the_part_that_no_row_lacks(empty):
    """A country without provinces is a series; the province alone would have made bad rows of it."""
    places = [(empty, "Atlantis"), ("North", "Lemuria"), ("South", "Lemuria")]
    rows = [(day, *place) for day in DAYS for place in places]
    columns = {"province": [row[1] for row in rows], "country": [row[2] for row in rows], "date": [r[0] for r in rows]}
    guesses = look(columns | {"cases": [str(n % 50) for n in range(120)]})
    assert written(guesses)["series"] == ("province", "country")
    assert written(guesses)["empty_ids"] == "keep"
    assert why(guesses, "series").startswith("3 series")
    assert "bad_rows" not in written(guesses)


def test_parts_of_a_key_that_are_empty_by_turns_fill_each_other():
    """A county without a state, and a state without counties."""
    places = [("", "Capital"), ("X", "a"), ("X", "b"), ("Y", "")]
    rows = [(day, *place) for day in DAYS for place in places]
    columns = {"state": [row[1] for row in rows], "county": [row[2] for row in rows], "date": [r[0] for r in rows]}
    guesses = look(columns | {"cases": [str(n % 50) for n in range(160)]})
    assert written(guesses)["series"] == ("state", "county")
    assert why(guesses, "series").startswith("4 series")


def test_a_few_rows_without_an_id_are_bad_and_no_series():
    """Two of eighty have lost their shop, and still their town."""
    shops = ["", "", *["a"] * 38, *["b"] * 40]
    towns = ["Rome"] * 40 + ["Oslo"] * 40
    guesses = look({"day": DAYS * 2, "shop": shops, "town": towns, "y": [str(n % 9) for n in range(80)]})
    assert written(guesses)["series"] in (("shop",), ("town",))
    assert "empty_ids" not in written(guesses)
