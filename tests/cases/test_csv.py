"""CSV files: encodings, separators, headers, dates as text, ids and rows. Each is read right or refused."""

import gzip
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from cases.running import Night, ask, by_series, fill, tell
from cases.tables import HEADER, csv_text, days, history, observed, pipeline, places, read, refused, save, set_aside

TEN = days(10)
AFTER_TEN = "2024-01-11"
TWO = history(["A", "B"], TEN)
VALUES_OF_A = [10 + step / 4 for step in range(10)]


def values(panel, name="A"):
    return list(observed(panel, name).values())


# Encodings and compression


@pytest.mark.parametrize("codec", ["cp1252", "latin-1"])
def test_a_western_file_keeps_its_letters_when_its_encoding_is_named(tmp_path, codec):
    """The ids are exactly those that were typed."""
    save(tmp_path, csv_text(history(["Zürich", "Orléans"], TEN)).encode(codec))
    panel, _ = read(tmp_path, pipeline({"encoding": codec}), AFTER_TEN)
    assert panel.names == ("Orléans", "Zürich")


def test_a_western_file_without_its_encoding_is_refused_with_the_byte_and_the_setting(tmp_path):
    """The ü of the first row is byte 9, after the header of 8 bytes and a Z."""
    save(tmp_path, csv_text(history(["Zürich"], TEN)).encode("cp1252"))
    with refused("in.csv", "0xFC", "offset 9", "source.encoding"):
        read(tmp_path, as_of=AFTER_TEN)


@pytest.mark.parametrize("name", ["in.csv", "in.csv.gz"])
@pytest.mark.parametrize("packed", [True, False])
def test_the_bytes_tell_gzip_and_not_the_name(tmp_path, name, packed):
    """Gzip under the name of a CSV, and text under the name of gzip."""
    content = csv_text(TWO).encode()
    save(tmp_path, gzip.compress(content) if packed else content, name)
    panel, report = read(tmp_path, pipeline({"path": name}), AFTER_TEN)
    assert panel.names == ("A", "B")
    assert values(panel) == VALUES_OF_A
    assert report.rows_read == 20


# Marks of numbers


DECIMALS = csv_text([("A", "2024-01-01", "1,250"), ("A", "2024-01-02", "2,5")], "id;ds;y", ";")


@pytest.mark.parametrize("settings", [{"separator": ";", "decimal": ","}, {"decimal": ","}])
def test_decimal_commas_are_read_when_they_are_named(tmp_path, settings):
    """1,250 is one and a quarter; the separator is found and said, or given."""
    save(tmp_path, DECIMALS)
    panel, report = read(tmp_path, pipeline(settings), "2024-01-03")
    assert values(panel) == [1.25, 2.5]
    assert any("separator" in note for note in report.notes) == ("separator" not in settings)


def test_decimal_commas_are_never_taken_for_thousands(tmp_path):
    """Without the setting the file is refused, and the message has the setting."""
    save(tmp_path, DECIMALS)
    with refused("in.csv", "'y'", "'1,250'", "line 2", 'source.decimal = ","'):
        read(tmp_path, as_of="2024-01-03")


THOUSANDS = csv_text(
    [("A", "2024-01-01", "2.345"), ("A", "2024-01-02", "2.345,75"), ("A", "2024-01-03", "998,50")], "id;ds;y", ";"
)


def test_points_of_thousands_are_read_when_they_are_named(tmp_path):
    """The first cell has no decimals, and is two thousand all the same."""
    save(tmp_path, THOUSANDS)
    panel, _ = read(tmp_path, pipeline({"separator": ";", "decimal": ",", "thousands": "."}), "2024-01-04")
    assert values(panel) == [2345.0, 2345.75, 998.5]


@pytest.mark.parametrize("settings", [{}, {"decimal": ","}, {"separator": ";"}])
def test_points_of_thousands_are_never_taken_for_decimals(tmp_path, settings):
    """Two marks in one cell fit no other reading, and the file is refused."""
    save(tmp_path, THOUSANDS)
    with refused("in.csv", "'y' is not a number", "source."):
        read(tmp_path, pipeline(settings), "2024-01-04")


# Headers, and what a refusal leaves behind


@pytest.fixture(scope="module")
def published(tmp_path_factory) -> Night:
    """A night that has published forecasts of the series A and B."""
    folder = tmp_path_factory.mktemp("published")
    save(folder, csv_text(history(["A", "B"], days(90))))
    night = Night(folder)
    outcome = night.run("2024-03-31")
    assert outcome.exit_code == 0, outcome.sentence
    return night


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (csv_text([(*row, 1.0) for row in TWO], "id,ds,y,y"), ["in.csv", "2 columns named 'y'"]),
        (f"{HEADER}\n", ["in.csv", "no rows"]),
        ("", ["in.csv", "empty"]),
    ],
    ids=["a doubled target", "only a header", "no byte at all"],
)
def test_a_file_that_cannot_be_used_leaves_models_and_forecasts_as_they_were(published, content, words):
    """A doubled target, only a header, no byte at all."""
    before, models = published.current(), published.models()
    save(published.file.parent, content)
    outcome = published.run("2024-04-01")
    assert outcome.exit_code == 1
    assert [word for word in words if word not in outcome.sentence] == []
    assert "\n" not in outcome.sentence
    assert published.current().equals(before)
    assert published.models() == models


# Dates as text


@pytest.mark.parametrize("settings", [{}, {"time_format": "%d.%m.%Y"}])
def test_german_dates_are_read_one_way_throughout(tmp_path, settings):
    """40 days from 5 January, of which the first days could be months."""
    german = [f"{day[8:]}.{day[5:7]}.{day[:4]}" for day in days(40, "2024-01-05")]
    save(tmp_path, csv_text(history(["A"], german)))
    panel, report = read(tmp_path, pipeline(settings), "2024-02-14")
    assert list(observed(panel, "A")) == days(40, "2024-01-05")
    assert any("%d.%m.%Y" in note for note in report.notes) == (not settings)


def test_dates_that_can_be_read_two_ways_are_refused_with_both(tmp_path):
    """No day is above 12, so days and months cannot be told apart."""
    save(tmp_path, csv_text(history(["A"], ["03/01/2024", "04/01/2024", "05/01/2024"])))
    with refused("ambiguous", "%d/%m/%Y", "%m/%d/%Y", "source.time_format"):
        read(tmp_path, as_of="2024-06-01")


def test_serial_days_of_excel_are_dates_when_the_file_says_so(tmp_path):
    """45292 is 1 January 2024."""
    save(tmp_path, csv_text(history(["A"], [str(45292 + step) for step in range(10)])))
    panel, _ = read(tmp_path, pipeline({"time_format": "excel"}), AFTER_TEN)
    assert list(observed(panel, "A")) == TEN
    assert values(panel) == VALUES_OF_A


@pytest.mark.parametrize("frequency", ["D", None])
def test_serial_days_are_no_dates_and_no_steps_by_accident(tmp_path, frequency):
    """Without the setting they are refused, whether the frequency is given or not."""
    save(tmp_path, csv_text(history(["A"], [str(45292 + step) for step in range(10)])))
    with refused("'ds'", "'45292'", "date", "source.time_format", "excel"):
        read(tmp_path, pipeline(frequency=frequency), AFTER_TEN)


@pytest.mark.parametrize("settings", [{}, {"time_format": "%d-%b-%Y"}])
def test_the_short_name_of_may_is_no_other_format_than_that_of_june(tmp_path, settings):
    """30-May-2022 is followed by 01-Jun-2022."""
    named = ["29-May-2022", "30-May-2022", "31-May-2022", "01-Jun-2022", "02-Jun-2022"]
    save(tmp_path, csv_text(history(["A", "B"], named)))
    panel, _ = read(tmp_path, pipeline(settings), "2022-06-03")
    for name in ("A", "B"):
        assert list(observed(panel, name)) == days(5, "2022-05-29")


def test_dates_of_digits_only_are_read_with_their_format(tmp_path):
    """The first of November keeps its zero."""
    digits = [f"{day[8:]}{day[5:7]}{day[:4]}" for day in days(40, "2025-11-01")]
    save(tmp_path, csv_text(history(["A"], digits)))
    panel, _ = read(tmp_path, pipeline({"time_format": "%d%m%Y"}), "2025-12-11")
    assert list(observed(panel, "A")) == days(40, "2025-11-01")


@pytest.mark.parametrize("frequency", ["D", None])
def test_dates_of_digits_only_are_refused_without_their_format(tmp_path, frequency):
    """They are neither numbers nor years of 2511."""
    save(tmp_path, csv_text(history(["A"], ["05112025", "06112025", "07112025"])))
    with refused("'ds'", "'05112025'", "date", "source.time_format"):
        read(tmp_path, pipeline(frequency=frequency), "2025-12-11")


# Ids

LONG = ("9007199254740993001", "9007199254740993002")


def test_long_ids_stay_apart_and_a_row_without_an_id_is_set_aside(tmp_path):
    """Ids of 19 digits that differ in the last one, which no float keeps."""
    save(tmp_path, csv_text([*history(LONG, TEN), ("", "2024-01-05", 1.0)]))
    panel, report = read(tmp_path, pipeline({"bad_rows": "set_aside"}), AFTER_TEN)
    assert panel.names == LONG
    assert set_aside(report) == [("id", 1)]
    assert "line 22" in places(report)


def test_a_row_without_an_id_is_refused_with_its_line(tmp_path):
    """The default; the row is the 22nd line."""
    save(tmp_path, csv_text([*history(LONG, TEN), ("", "2024-01-05", 1.0)]))
    with refused("'id'", "empty", "in.csv, line 22"):
        read(tmp_path, as_of=AFTER_TEN)


def test_ids_that_other_tools_take_for_missing_are_series(tmp_path):
    """Namibia is NA; and null, nan, None and a dash are ids too."""
    ids = ["NA", "NE", "None", "nan", "null", "-"]
    save(tmp_path, csv_text(history(ids, TEN)))
    panel, report = read(tmp_path, as_of=AFTER_TEN)
    assert sorted(panel.names) == sorted(ids)
    assert set(report.per_series.observed["y"]) == {10}


SINK = """
[[sinks]]
name = "warehouse"
url = "sqlite:///sink.db"
table = "plan"
"""
PLAN = (
    "CREATE TABLE plan (id TEXT NOT NULL, target TEXT NOT NULL, time TEXT NOT NULL, forecast REAL, "
    "PRIMARY KEY (id, target, time))"
)


def test_ids_of_digits_replace_their_own_rows_of_the_night_before(tmp_path):
    """A row without an id makes no '1.0' of '1'; 14 old forecasts of 0 are replaced, none is added."""
    save(tmp_path, csv_text([*history(["1", "2"], days(90)), ("", "2024-01-05", 1.0)]))
    tell(tmp_path / "sink.db", PLAN)
    fill(tmp_path / "sink.db", "plan", [(name, "y", day, 0.0) for name in "12" for day in days(7, "2024-03-31")])
    outcome = Night(tmp_path, 'path = "in.csv"\nbad_rows = "set_aside"', rest=SINK).run("2024-03-31")
    assert outcome.exit_code == 0, outcome.sentence
    assert ask(tmp_path / "sink.db", "SELECT id, count(*), min(forecast) > 0 FROM plan GROUP BY id") == [
        ("1", 7, 1),
        ("2", 7, 1),
    ]


COMPOSED, DECOMPOSED = "m\u00e9t\u00e9o", "me\u0301te\u0301o"


def test_two_spellings_of_one_name_are_two_series_with_a_warning(tmp_path):
    """In a file and in a database alike, and neither loses a row."""
    rows = [*history([DECOMPOSED], TEN[:5]), *history([COMPOSED], TEN[5:])]
    save(tmp_path, csv_text(rows))
    with closing(sqlite3.connect(tmp_path / "in.db")) as connection:
        connection.execute("CREATE TABLE sales (id TEXT, ds TEXT, y REAL)")
        connection.executemany("INSERT INTO sales VALUES (?, ?, ?)", rows)
        connection.commit()
    database = {"url": "sqlite:///in.db", "table": "sales"}
    panels = [read(tmp_path, pipeline(source), AFTER_TEN) for source in ({}, database)]
    for panel, report in panels:
        assert panel.names == (DECOMPOSED, COMPOSED)
        assert report.per_series.observed["y"] == (5, 5)
        assert any("look alike" in warning for warning in report.warnings)
    assert panels[0][0].fingerprint == panels[1][0].fingerprint


def test_rows_without_an_id_are_set_aside_and_leave_gaps(tmp_path):
    """Three rows of B have lost their id, two are cells of blanks; no series is called nan."""
    rows = [list(row) for row in history(["A", "B"], days(40))]
    for index, empty in ((50, ""), (51, " "), (52, "")):
        rows[index][0] = empty
    save(tmp_path, csv_text(map(tuple, rows)))
    panel, report = read(tmp_path, pipeline({"bad_rows": "set_aside"}), "2024-02-10")
    assert panel.names == ("A", "B")
    assert set_aside(report) == [("id", 3)]
    assert [day for day, value in observed(panel, "B").items() if value is None] == days(3, "2024-01-11")
    assert None not in observed(panel, "A").values()


# Rows

TOTALS = csv_text([*TWO, ("TOTAL", "", 300.0)])


def test_a_totals_row_is_refused_with_its_line(tmp_path):
    """Its time is empty; it stands in the 22nd line."""
    save(tmp_path, TOTALS)
    with refused("'ds'", "empty", "in.csv, line 22"):
        read(tmp_path, as_of=AFTER_TEN)


def test_a_totals_row_that_is_set_aside_makes_no_series(tmp_path):
    """A and B keep all their rows."""
    save(tmp_path, TOTALS)
    panel, report = read(tmp_path, pipeline({"bad_rows": "set_aside"}), AFTER_TEN)
    assert panel.names == ("A", "B")
    assert report.per_series.observed["y"] == (10, 10)
    assert set_aside(report) == [("ds", 1)]
    assert "line 22" in places(report)
    assert [warning for warning in report.warnings if "TOTAL" in warning] == []


def test_rows_of_separators_and_empty_lines_are_counted_and_left_out(tmp_path):
    """30 lines of commas and 5 empty ones after the last row."""
    save(tmp_path, csv_text(TWO) + ",,\n" * 30 + "\n" * 5)
    panel, report = read(tmp_path, as_of=AFTER_TEN)
    assert panel.names == ("A", "B")
    assert report.per_series.observed["y"] == (10, 10)
    assert any("30 rows without any value" in note for note in report.notes)
    assert report.set_aside == ()


def test_quoted_commas_and_line_ends_belong_to_the_id(tmp_path):
    """A doubled quote is one."""
    quoted = ['"Roe, Richard"', '"first\nsecond"', '"6"" pipe"']
    save(tmp_path, csv_text(history(quoted, TEN)))
    panel, report = read(tmp_path, as_of=AFTER_TEN)
    assert sorted(panel.names) == ['6" pipe', "Roe, Richard", "first\nsecond"]
    assert set(report.per_series.observed["y"]) == {10}


def test_the_ids_of_a_file_are_those_that_are_forecast(tmp_path):
    """What was read as text is published as text, blanks, quotes and all."""
    ids = ["007", "7", "NA", "Roe, Richard", "x/y"]
    quoted = {"Roe, Richard": '"Roe, Richard"'}
    save(tmp_path, csv_text(history([quoted.get(name, name) for name in ids], days(90))))
    night = Night(tmp_path)
    rows = by_series(night.rows(night.run("2024-03-31")))
    assert sorted(rows) == sorted(ids)
    assert {len(steps) for steps in rows.values()} == {7}


def test_the_folder_of_the_pipeline_file_is_where_its_source_is(tmp_path):
    """A file that is not there is told by its name."""
    with refused("in.csv"):
        read(Path(tmp_path), as_of=AFTER_TEN)
