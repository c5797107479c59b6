"""The series and the time of each row, from keys and times as a table has them."""

from datetime import date

import pyarrow as pa
import pytest
from ingested import THREE_DAYS, assemble, at, history, pipeline, table

from lstm.errors import ConfigError, DataError


def test_series_are_left_out_by_name_and_an_unknown_name_is_said() -> None:
    keys = {"series": ["a", "b"]}
    rows = [("x", "1", "2024-01-01", 1.0), ("x", "2", "2024-01-01", 2.0)]
    settings = pipeline(source=keys, quality={"exclude": ["x/1", "gone"]})
    panel, report = assemble(table(rows, ("a", "b", "ds", "y")), settings, at("2024-01-02"))
    assert panel.names == ("x/2",)
    assert "quality.exclude names 1 series that the table does not have: gone" in report.warnings


def test_ids_keep_their_text_and_sort_by_bytes() -> None:
    """`007`, `NA` and two long ids that a float would merge. Z comes before a and ö."""
    ids = ["ö", "a", "Z", "007", "7", "NA", "None", "1234567890123456788", "1234567890123456789"]
    panel, _ = assemble(table([(name, "2024-01-01", 1.0) for name in ids]), pipeline(), at("2024-01-02"))
    assert panel.names == tuple(sorted(ids, key=lambda name: name.encode()))


def test_integer_ids_keep_their_type_and_sort_as_numbers() -> None:
    panel, _ = assemble(table([(10, "2024-01-01", 1.0), (9, "2024-01-01", 2.0)]), pipeline(), at("2024-01-02"))
    assert panel.keys["id"].to_pylist() == [9, 10]
    assert panel.keys["id"].type == pa.int64()


def test_several_key_columns_sort_by_the_first_one_first() -> None:
    rows = [("b", 1, "2024-01-01", 1.0), ("a", 10, "2024-01-01", 2.0), ("a", 9, "2024-01-01", 3.0)]
    panel, _ = assemble(table(rows, ("k", "n", "ds", "y")), pipeline(source={"series": ["k", "n"]}), at("2024-01-02"))
    assert panel.names == ("a/9", "a/10", "b/1")
    assert panel.targets[panel.indptr[:-1], 0].tolist() == [3.0, 2.0, 1.0]


def test_a_table_without_a_key_is_one_series() -> None:
    panel, report = assemble(
        table([("2024-01-01", 1.0), ("2024-01-02", 2.0)], ("ds", "y")),
        pipeline(source={"series": []}),
        at("2024-01-03"),
    )
    assert panel.names == report.per_series.name == ("all",)
    assert panel.keys.num_columns == 0


@pytest.mark.parametrize("empty", [None, "", "  "])
def test_an_empty_id_is_refused(empty: str | None) -> None:
    """Never dropped in silence, never a series called nan."""
    with pytest.raises(DataError, match=r"column 'id' is empty: data row 4; give the row an id"):
        assemble(table([*THREE_DAYS, (empty, "2024-01-01", 1.0)]), pipeline(), at("2024-01-04"))


def test_ids_in_two_unicode_spellings_stay_apart_and_are_said() -> None:
    """bôh, with ô as one character and as two: they look the same, so a person is told."""
    rows = [("bo\u0302h", "2024-01-01", 1.0), ("b\u00f4h", "2024-01-01", 2.0)]
    panel, report = assemble(table(rows), pipeline(), at("2024-01-02"))
    assert panel.series == 2
    assert any(sentence.startswith("1 pairs of ids look alike (Unicode forms") for sentence in report.warnings)


def test_a_series_that_is_left_out_may_have_any_times() -> None:
    """Excluding a series is a way around one that is broken."""
    rows = [*THREE_DAYS, ("broken", "soon", 1.0), ("broken", "2024-01-02 07:13:00", 1.0)]
    panel, report = assemble(table(rows), pipeline(quality={"exclude": ["broken"]}), at("2024-01-04"))
    assert panel.names == ("A",)
    assert (report.rows_read, report.rows_used, report.rows_set_aside) == (5, 3, 0)


def test_utc_stamps_of_local_midnights_are_local_days() -> None:
    """Budapest is an hour ahead of UTC in winter, two in summer (from 2024-03-31)."""
    stamps = ["2024-03-29T23:00:00Z", "2024-03-30T23:00:00Z", "2024-03-31T22:00:00Z", "2024-04-01T22:00:00Z"]
    rows = [("A", stamp, float(day)) for day, stamp in enumerate(stamps)]
    settings = pipeline(time_zone="Europe/Budapest")
    panel, _ = assemble(table(rows), settings, at("2024-04-02T22:00:00Z"))
    assert panel.frequency.text(int(panel.start[0])) == "2024-03-30"
    assert history(panel) == [0.0, 1.0, 2.0, 3.0, None, None]
    inferred, report = assemble(
        table(rows), pipeline(time_zone="Europe/Budapest", frequency=None), at("2024-04-02T22:00:00Z")
    )
    assert report.inferred
    assert inferred.frequency.is_date
    with pytest.raises(DataError, match="is not a midnight in time_zone 'UTC'"):
        assemble(table(rows), pipeline(), at("2024-04-03"))


def test_naive_stamps_are_local_and_skip_the_hour_that_does_not_exist() -> None:
    """In New York 01:00 on 2024-03-10 is 06:00 UTC and 03:00, the next hour, is 07:00 UTC."""
    rows = [("A", "2024-03-10 00:00", 0.0), ("A", "2024-03-10 01:00", 1.0), ("A", "2024-03-10 03:00", 3.0)]
    panel, _ = assemble(table(rows), pipeline(frequency="h", time_zone="America/New_York"), at("2024-03-10T08:00:00Z"))
    assert panel.frequency.text(int(panel.start[0])) == "2024-03-10T05:00Z"
    assert history(panel) == [0.0, 1.0, 3.0, None, None]


@pytest.mark.parametrize(
    ("zone", "stamp", "why"),
    [
        (
            "Australia/Sydney",
            "2025-10-05 02:00:00",
            "does not exist in Australia/Sydney, where the clocks",
        ),
        ("America/New_York", "2024-11-03 01:00:00", "exists twice in America/New_York, where the clocks"),
    ],
)
def test_a_local_hour_that_never_or_twice_exists_is_refused_by_row(zone: str, stamp: str, why: str) -> None:
    """Hours that the clocks skip in spring, and repeat in autumn."""
    rows = [("A", f"{stamp[:10]} 00:00:00", 1.0), ("A", stamp, 1.0)]
    with pytest.raises(DataError, match=f"{why}.*'{stamp}' of series 'A', data row 2"):
        assemble(table(rows), pipeline(frequency="h", time_zone=zone), at("2026-01-01"))


def test_offsets_that_change_within_the_table_name_instants() -> None:
    rows = [
        ("A", "2024-11-03T01:00-04:00", 1.0),
        ("A", "2024-11-03 01:00:00-0500", 2.0),
        ("A", "2024-11-03T07:00Z", 3.0),
    ]
    panel, _ = assemble(table(rows), pipeline(frequency="h"), at("2024-11-03T08:00Z"))
    assert history(panel) == [1.0, 2.0, 3.0, None, None]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("01.02.2024", "is not an existing date or time in the ISO form"),
        ("2/1/2024", "is not an existing date or time in the ISO form"),
        ("45292", "is not an existing date or time in the ISO form"),
        ("2024-02-30", "is not an existing date or time"),
        ("2024-01-04T00:00:00Z", "has an offset|has no offset, but other rows have one"),
        ("", "is empty"),
        (None, "is empty"),
    ],
)
def test_text_that_is_no_iso_time_is_refused_by_row(text: str | None, why: str) -> None:
    """Nothing is guessed."""
    with pytest.raises(
        DataError,
        match=f"column 'ds' ({why}).*series 'A', data row [14]",
    ):
        assemble(table([*THREE_DAYS, ("A", text, 1.0)]), pipeline(), at("2024-01-05"))


@pytest.mark.parametrize(
    ("layout", "stamps"),
    [
        ("%d.%m.%Y", ["31.01.2024", "01.02.2024", "02.02.2024"]),
        ("%d-%b-%Y", ["31-Jan-2024", "01-Feb-2024", "02-Feb-2024"]),
        ("%d%m%Y", ["31012024", "01022024", "02022024"]),
        ("%d/%m/%Y %H:%M", ["31/01/2024 00:00", "01/02/2024 00:00", "02/02/2024 00:00"]),
        ("%Y%m%d", [20240131, 20240201, 20240202]),
        ("%d%m%Y", [31012024, 1022024, 2022024]),
    ],
)
def test_a_format_that_is_given_is_followed(layout: str, stamps: list[str | int]) -> None:
    """A date kept as a number has lost its leading zero."""
    rows = [("A", stamp, float(day)) for day, stamp in enumerate(stamps)]
    panel, _ = assemble(table(rows), pipeline(source={"time_format": layout}), at("2024-02-03"))
    assert panel.frequency.text(int(panel.start[0])) == "2024-01-31"
    assert history(panel) == [0.0, 1.0, 2.0, None, None]


def test_a_time_of_another_format_is_refused() -> None:
    rows = [("A", "31.01.2024", 1.0), ("A", "2024-02-01", 1.0)]
    with pytest.raises(DataError, match=r"not have the time_format '%d.%m.%Y': '2024-02-01' of series 'A', data row 2"):
        assemble(table(rows), pipeline(source={"time_format": "%d.%m.%Y"}), at("2024-02-03"))
    with pytest.raises(DataError, match=r"does not have the time_format '%d%m%Y': '5112025' of series 'A', data row 1"):
        assemble(table([("A", "5112025", 1.0)]), pipeline(source={"time_format": "%d%m%Y"}), at("2026-02-03"))
    with pytest.raises(ConfigError, match=r"source.time_format = '%Q' is no format of times"):
        assemble(table(rows), pipeline(source={"time_format": "%Q"}), at("2024-02-03"))


@pytest.mark.parametrize("kind", [pa.date32(), pa.timestamp("us"), pa.timestamp("ns"), pa.timestamp("us", "UTC")])
def test_the_type_of_the_time_column_makes_no_difference(kind: pa.DataType) -> None:
    text = table(THREE_DAYS)
    times = pa.array([date(2024, 1, day) for day in (1, 2, 3)]).cast(pa.timestamp("us")).cast(kind)
    typed = text.set_column(1, "ds", times)
    for frequency in ("D", None):
        settings = pipeline(frequency=frequency)
        expected = assemble(text, settings, at("2024-01-04"))[0].fingerprint
        assert assemble(typed, settings, at("2024-01-04"))[0].fingerprint == expected


def test_times_before_1970_are_like_any_other() -> None:
    """Their ordinals are negative."""
    rows = [("A", "1950-01-01", 1.0), ("A", "1950-02-01", 2.0)]
    panel, _ = assemble(table(rows), pipeline(frequency="MS"), at("1950-03-01"))
    assert panel.frequency.text(int(panel.start[0])) == "1950-01-01"
    assert history(panel) == [1.0, 2.0, None, None]
