"""What is guessed from a look at a table, and what is left to a person."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

import pyarrow as pa
import pytest

from lstm.data.profiling.profile import Guesses, Sample, Wishes, guess
from lstm.errors import ConfigError, DataError

DAYS = [str(date(2024, 1, 1) + timedelta(day)) for day in range(40)]


def look(
    columns: Mapping[str, Sequence[object]], *, name: str = "table", separator: str | None = ",", **wishes: object
) -> Guesses:
    """Guesses from columns of texts or typed values."""
    return guess(Sample(pa.table(dict(columns)), name, True, (), separator), Wishes(**wishes))  # type: ignore[arg-type]


def written(guesses: Guesses) -> dict[str, object]:
    return {setting.name: setting.value for setting in guesses.source if setting.written}


def suggested(guesses: Guesses) -> list[tuple[str, object]]:
    return [(setting.name, setting.value) for setting in guesses.source if not setting.written]


def why(guesses: Guesses, name: str) -> str:
    return next(setting.why for setting in guesses.source if setting.name == name)


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


def test_rows_that_come_twice_and_are_equal_are_read_once():
    """Nothing is lost with `last` where both rows are the same."""
    guesses = look({"day": [*DAYS, DAYS[-1]], "y": [*map(str, range(40)), "39"]})
    assert written(guesses)["duplicates"] == "last"
    assert guesses.questions == ()


def test_ambiguous_days_are_a_question_with_both_readings():
    """1 February or 2 January: the example is a row in which the two readings differ."""
    days = [f"0{month}/0{day}/2024" for month in range(1, 4) for day in range(1, 10)]
    guesses = look({"date": days, "y": [str(n) for n in range(27)]})
    assert suggested(guesses)[:2] == [("time_format", "%d/%m/%Y"), ("time_format", "%m/%d/%Y")]
    reasons = [setting.why for setting in guesses.source if setting.name == "time_format"]
    assert "1 February 2024" in reasons[0] or "2 January 2024" in reasons[1]
    assert "'%d/%m/%Y' and '%m/%d/%Y'" in guesses.questions[0]


@pytest.mark.parametrize(
    ("text", "layout"),
    [
        ("31.01.2024", "%d.%m.%Y"),
        ("01/31/2024", "%m/%d/%Y"),
        ("31-Jan-2024", "%d-%b-%Y"),
        ("Jan 31, 2024", "%b %d, %Y"),
        ("20240131", "%Y%m%d"),
        ("31/01/24", "%d/%m/%y"),
        ("31.01.2024 06:30", "%d.%m.%Y %H:%M"),
        ("01/31/2024 6:30 PM", "%m/%d/%Y %I:%M %p"),
        ("31/01/2024 06:30 +01:00", "%d/%m/%Y %H:%M %z"),
        ("2024-01", "%Y-%m"),
        ("2024-W05", "%G-W%V"),
        ("Q3 2024", "Q%q %Y"),
    ],
)
def test_the_form_of_times_is_found(text, layout):
    """Every form is told by one time that no other form has."""
    guesses = look({"when": [text], "y": ["1"]})
    assert written(guesses)["time"] == "when"
    assert written(guesses)["time_format"] == layout


def test_iso_times_need_no_format():
    """`2024-01-31T06:00:00Z` is read as it is."""
    guesses = look({"when": [f"{day}T06:00:00Z" for day in DAYS], "y": [str(n) for n in range(40)]})
    assert "time_format" not in written(guesses)


def test_the_morning_hour_of_a_nightly_job_is_no_zone():
    """06:00 UTC in winter is midnight in Chicago, and the day is the same in both: UTC, and the other is told."""
    guesses = look({"when": [f"{day}T06:00:00Z" for day in DAYS], "y": [str(n) for n in range(40)]})
    assert guesses.zone.name == "UTC"
    assert "America/Chicago" in guesses.zone.why
    assert written(guesses)["off_grid"] == "floor"


def test_midnights_elsewhere_tell_the_zone():
    """Days of Berlin as instants: 23:00 UTC in winter and 22:00 UTC in summer are its midnights."""
    days = [date(2024, 3, 25) + timedelta(number) for number in range(14)]
    stamps = [f"{day}T00:00:00+{'02' if day >= date(2024, 4, 1) else '01'}:00" for day in days]
    guesses = look({"at": stamps, "n": ["1", "2"] * 7})
    assert guesses.zone.name == "Europe/Berlin"
    assert "midnights" in guesses.zone.why


def test_dates_leave_the_zone_to_a_person():
    """UTC is assumed, and said."""
    guesses = look({"day": DAYS, "y": [str(n) for n in range(40)]})
    assert (guesses.zone.name, "assumed" in guesses.zone.why) == ("UTC", True)


def test_a_row_a_day_with_a_time_of_day_is_a_grid_of_days():
    """06:00 every day is a daily series; the time of day is cut off."""
    guesses = look({"at": [f"{day} 06:00:00" for day in DAYS], "y": [str(n) for n in range(40)]})
    assert written(guesses)["off_grid"] == "floor"
    assert guesses.frequency == "D"


def test_european_marks_are_guessed_where_they_can_be_known():
    """`1.234,50` can be read in one way only."""
    guesses = look({"day": DAYS, "y": ["1.234,50", "999,5"] * 20}, separator=";")
    assert (written(guesses)["decimal"], written(guesses)["thousands"]) == (",", ".")
    assert guesses.questions == ()


def test_marks_that_nobody_can_know_are_a_question():
    """`4,510` in a file of semicolons is four and a half or four thousand: never a value 1000 times off."""
    guesses = look({"day": DAYS, "y": ["4,510", "7,250"] * 20}, separator=";")
    assert "decimal" not in written(guesses)
    assert "thousands" not in written(guesses)
    assert {("decimal", ","), ("thousands", ",")} <= set(suggested(guesses))
    assert "4.51" in guesses.questions[0] or "7.25" in guesses.questions[0]


def test_small_numbers_without_a_mark_tell_thousands():
    """Every number below a thousand is bare and every other one has the comma: it groups."""
    guesses = look({"day": DAYS, "y": ["980", "4,510"] * 20}, separator=";")
    assert written(guesses)["thousands"] == ","
    assert guesses.questions == ()


def test_a_decimal_point_in_a_file_of_commas_is_no_question():
    """Three decimals in every row are how a meter writes, not thousands."""
    guesses = look({"day": DAYS, "y": ["12.345", "7.250"] * 20})
    assert guesses.questions == ()
    assert "thousands" not in written(guesses)


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


def test_versions_of_one_observation_name_known_at():
    """Each month is there twice, published a month apart."""
    months = [f"{year}-{month:02d}-01" for year in (2022, 2023) for month in range(1, 13)]
    rows = [(month, f"2024-{version:02d}-15") for month in months for version in (1, 2)]
    columns = {"month": [m for m, _ in rows], "published": [p for _, p in rows], "gdp": [str(n) for n in range(48)]}
    guesses = look(columns)
    assert written(guesses)["time"] == "month"
    assert written(guesses)["known_at"] == "published"


def test_what_the_command_line_says_is_not_guessed():
    """Names of columns are taken as they are given."""
    columns = {"day": DAYS, "seen": DAYS, "id": ["a"] * 40, "x": ["1", "2"] * 20, "y": ["3", "4"] * 20}
    guesses = look(columns, time="seen", series=("id",), targets=("x", "y"))
    assert written(guesses) == {"series": ("id",), "time": "seen", "targets": ("x", "y")}


@pytest.mark.parametrize(
    ("wish", "message"),
    [
        ({"time": "when"}, "--time when: there is no such column; there are day, name, y"),
        ({"time": "name"}, "--time name: its values are no times"),
        ({"series": ("shop",)}, "--series shop: there is no such column"),
        ({"targets": ("name",)}, "--target name: the column holds no numbers"),
    ],
)
def test_a_wish_that_cannot_be_granted_is_refused(wish, message):
    """The option and the column are named."""
    with pytest.raises(ConfigError, match=message):
        look({"day": DAYS, "name": ["red"] * 40, "y": ["1", "2"] * 20}, **wish)


def test_a_table_without_times_is_refused():
    """The columns are listed, and the option that names one."""
    with pytest.raises(DataError, match=r"no column holds times.*'name', 'y'.*--time"):
        look({"name": ["a", "b"], "y": ["1", "2"]})


def test_a_column_a_step_is_told_from_a_table_without_times():
    """The wide form of competitions: a row a series, a column a step."""
    columns = {f"V{step}": [str(step / 8), str(step / 4)] for step in range(2, 14)}
    with pytest.raises(DataError, match="bring it into the long form"):
        look({"V1": ["H1", "H2"], **columns})


def test_a_table_without_numbers_is_refused():
    """There is nothing to forecast."""
    with pytest.raises(DataError, match="no column holds numbers, so there is nothing to forecast"):
        look({"day": DAYS, "colour": ["red", "green"] * 20})


def test_bad_rows_are_set_aside_and_counted():
    """One line of totals has neither time nor id."""
    columns = {"day": [*DAYS, *DAYS, "total"], "id": ["a"] * 40 + ["b"] * 40 + [""], "y": [str(n) for n in range(81)]}
    guesses = look(columns)
    assert written(guesses)["bad_rows"] == "set_aside"
    assert "1 row is without a time in day" in why(guesses, "bad_rows")
    assert why(guesses, "series").startswith("2 series")


def test_integer_steps_have_their_own_step_as_frequency():
    """0, 5, 10, … of two series."""
    guesses = look({"id": ["a"] * 20 + ["b"] * 20, "t": [*range(0, 100, 5)] * 2, "value": [0.5, 1.5] * 20})
    assert written(guesses)["time"] == "t"
    assert guesses.frequency == "5"
