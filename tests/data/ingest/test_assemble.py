"""From rows to the panel. Every table is small enough to work the panel out by hand."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from lstm.config import Pipeline
from lstm.data.ingest import assemble as observations
from lstm.data.ingest.panel_settings import PanelSettings
from lstm.data.panel.calendar import with_calendar
from lstm.data.panel.panel import Panel
from lstm.data.quality.report import QualityReport
from lstm.data.rows.source_rows import SourceRows
from lstm.errors import ConfigError, DataError

NAN = float("nan")
NO_CALENDAR = {"features": False}


def pipeline(*, source: dict[str, Any] | None = None, **settings: Any) -> Pipeline:
    columns = {"path": "x.csv", "series": ["id"], "time": "ds", "targets": ["y"]} | (source or {})
    return Pipeline.model_validate(
        {"name": "p", "horizon": 2, "frequency": "D", "calendar": NO_CALENDAR} | settings | {"source": columns}
    )


def table(rows: list[tuple[Any, ...]], names: tuple[str, ...] = ("id", "ds", "y")) -> pa.Table:
    return pa.table({name: [row[index] for row in rows] for index, name in enumerate(names)})


def assemble(table: pa.Table, pipeline: Pipeline, as_of: datetime | int) -> tuple[Panel, QualityReport]:
    return observations.assemble(SourceRows(table), PanelSettings.of(pipeline), as_of)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC) if "T" in text else datetime.fromisoformat(f"{text}T00:00Z")


def history(panel: Panel, series: int = 0) -> list[float | None]:
    """First target of a series, None where missing."""
    rows = panel.targets[panel.indptr[series] : panel.indptr[series + 1], 0]
    return [None if np.isnan(value) else float(value) for value in rows]


def repairs(report: QualityReport) -> list[tuple[str, str, str, int, str]]:
    return [(one.kind, one.series, one.column, one.count, one.first) for one in report.repairs]


THREE_DAYS = [("A", "2024-01-01", 1.0), ("A", "2024-01-02", 2.0), ("A", "2024-01-03", 3.0)]


def test_a_series_spans_its_first_row_to_the_end_of_the_horizon() -> None:
    """At the start of the 4th the 3rd is complete; the horizon of 2 is the 4th and the 5th."""
    panel, report = assemble(table([*THREE_DAYS, ("B", "2024-01-03", 9.0)]), pipeline(), at("2024-01-04"))
    assert panel.names == ("A", "B")
    assert panel.indptr.tolist() == [0, 5, 8]
    assert [panel.frequency.text(int(start)) for start in panel.start] == ["2024-01-01", "2024-01-03"]
    assert history(panel, 0) == [1.0, 2.0, 3.0, None, None]
    assert history(panel, 1) == [9.0, None, None]
    assert (report.cutoff, report.newest, report.rows_read, report.rows_used) == ("2024-01-03", "2024-01-03", 4, 4)


def test_targets_after_the_cutoff_are_hidden() -> None:
    """Complete periods only: on the 3rd, the 3rd itself is not over."""
    panel, report = assemble(table(THREE_DAYS), pipeline(), at("2024-01-03T18:00Z"))
    assert history(panel) == [1.0, 2.0, None, None]
    assert (report.rows_used, report.rows_after_horizon) == (2, 1)


def test_past_covariates_end_at_the_cutoff_and_future_ones_with_the_horizon() -> None:
    rows = [("A", f"2024-01-0{day}", float(day), 10.0 * day, 100.0 * day) for day in range(1, 7)]
    roles = {"past_covariates": ["wind"], "future_covariates": ["plan"]}
    panel, report = assemble(table(rows, ("id", "ds", "y", "wind", "plan")), pipeline(source=roles), at("2024-01-04"))
    np.testing.assert_array_equal(panel.past[:, 0], [10, 20, 30, NAN, NAN])
    np.testing.assert_array_equal(panel.future[:, 0], [100, 200, 300, 400, 500])
    assert (report.rows_used, report.rows_after_horizon) == (5, 1)


def test_a_series_that_ends_early_is_masked_up_to_the_cutoff() -> None:
    """Design, time: so that all series get the same horizon."""
    panel, report = assemble(table([*THREE_DAYS, ("B", "2024-01-01", 9.0)]), pipeline(), at("2024-01-04"))
    assert history(panel, 1) == [9.0, None, None, None, None]
    assert report.per_series.last == ("2024-01-03", "2024-01-01")
    assert list(report.per_series.missing) == [0.0, pytest.approx(2 / 3)]


def test_a_table_that_ends_early_is_bridged_and_said() -> None:
    panel, report = assemble(table(THREE_DAYS), pipeline(), at("2024-01-06"))
    assert history(panel) == [1.0, 2.0, 3.0, None, None, None, None]
    assert "the table ends 2 steps before the cutoff; bridged by masking" in report.warnings


@pytest.mark.parametrize(("freshness", "as_of"), [(None, "2024-01-12"), (1, "2024-01-06")])
def test_a_table_that_is_too_old_is_refused_with_both_times(freshness: int | None, as_of: str) -> None:
    """Left out, it is the longer of two horizons and the longest season: 7 days here; the 11th is 8 after the 3rd."""
    settings = pipeline(quality={"freshness": freshness})
    assemble(table(THREE_DAYS), settings, at(as_of) - timedelta(days=1))
    with pytest.raises(DataError, match=r"newest observation is of 2024-01-03, \d steps before the cutoff.*--as-of"):
        assemble(table(THREE_DAYS), settings, at(as_of))


def test_a_table_without_anything_up_to_now_is_refused() -> None:
    with pytest.raises(DataError, match=r"no row at or before 2023-12-01.*the earliest is of 2024-01-01"):
        assemble(table(THREE_DAYS), pipeline(), at("2023-12-01"))
    with pytest.raises(DataError, match="no row at or before the cutoff 2023-12-31"):
        assemble(table(THREE_DAYS), pipeline(), at("2024-01-01"))
    with pytest.raises(DataError, match=r"no target \(y\) has a value"):
        assemble(
            table([("A", "2024-01-01", None), ("A", "2024-01-02", None)]).cast(
                pa.schema({"id": pa.string(), "ds": pa.string(), "y": pa.float64()})
            ),
            pipeline(),
            at("2024-01-04"),
        )
    with pytest.raises(DataError, match="the table has no rows"):
        assemble(table(THREE_DAYS).slice(0, 0), pipeline(), at("2024-01-04"))


def test_a_series_that_begins_after_the_cutoff_is_reported() -> None:
    panel, report = assemble(table([*THREE_DAYS, ("B", "2024-01-09", 1.0)]), pipeline(), at("2024-01-04"))
    assert panel.names == ("A",)
    assert "1 series begin after the cutoff and get no forecast yet: B" in report.warnings


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


def test_rows_off_the_grid_are_refused_by_series_and_time() -> None:
    """One stamp at 03:07 among hours: the message names its series, its time and its row."""
    rows = [("A", f"2024-01-01 0{hour}:00", 1.0) for hour in range(5)] + [("S120", "2024-01-01 03:07", 1.0)]
    with pytest.raises(
        DataError,
        match=r"'ds' is off the grid 'h' in 1 series: 2024-01-01 03:07:00Z of series 'S120', data row 6; mend the",
    ):
        assemble(table(rows), pipeline(frequency="h"), at("2024-01-01T06:00Z"))


def test_a_stamp_within_the_day_is_refused_where_days_are_meant() -> None:
    with pytest.raises(
        DataError, match=r"is not a midnight in time_zone 'UTC'.*'2024-01-04 07:13:00' of series 'A', data row 4"
    ):
        assemble(table([*THREE_DAYS, ("A", "2024-01-04 07:13:00", 1.0)]), pipeline(), at("2024-01-04"))


def test_a_series_that_is_left_out_may_have_any_times() -> None:
    """Excluding a series is a way around one that is broken."""
    rows = [*THREE_DAYS, ("broken", "soon", 1.0), ("broken", "2024-01-02 07:13:00", 1.0)]
    panel, report = assemble(table(rows), pipeline(quality={"exclude": ["broken"]}), at("2024-01-04"))
    assert panel.names == ("A",)
    assert (report.rows_read, report.rows_used, report.rows_set_aside) == (5, 3, 0)


def test_an_end_of_time_sentinel_is_left_out_and_makes_no_grid_of_millennia() -> None:
    """9999-12-31 is what many systems write for never."""
    panel, report = assemble(table([*THREE_DAYS, ("A", "9999-12-31", 1.0)]), pipeline(), at("2024-01-04"))
    assert panel.steps == 5
    assert report.rows_after_horizon == 1
    assert "1 rows lie far in the future and are left out: 'A' at 9999-12-31" in report.warnings


def test_a_stray_early_time_that_would_make_a_huge_panel_is_refused() -> None:
    rows = [("A", "1900-01-01 00:00:00", 1.0), ("A", "2024-01-01 00:00:00", 1.0), ("A", "2024-01-01 00:00:01", 1.0)]
    with pytest.raises(
        DataError, match=r"3 rows would make a panel of 3,913,056,004 steps.*begins at 1900-01-01T00:00:00Z"
    ):
        assemble(table(rows), pipeline(frequency="s"), at("2024-01-01T00:00:02Z"))


# Times


def test_utc_stamps_of_local_midnights_are_local_days() -> None:
    """Budapest is an hour ahead of UTC in winter, two in summer (from 2024-03-31)."""
    stamps = ["2024-03-29T23:00:00Z", "2024-03-30T23:00:00Z", "2024-03-31T22:00:00Z", "2024-04-01T22:00:00Z"]
    rows = [("A", stamp, float(day)) for day, stamp in enumerate(stamps)]
    settings = pipeline(time_zone="Europe/Budapest")
    panel, _ = assemble(table(rows), settings, at("2024-04-02T22:00:00Z"))
    assert panel.frequency.text(int(panel.start[0])) == "2024-03-30"
    assert history(panel) == [0.0, 1.0, 2.0, 3.0, None, None]
    found, report = assemble(
        table(rows), pipeline(time_zone="Europe/Budapest", frequency=None), at("2024-04-02T22:00:00Z")
    )
    assert report.inferred
    assert found.frequency.is_date
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


def test_integer_steps_are_read_when_the_frequency_says_so_and_never_by_accident() -> None:
    """The forecasts of steps 1 to 3 are of 4 and 5."""
    rows: list[tuple[Any, ...]] = [("A", 1, 1.0), ("A", 2, 2.0), ("A", 3, 3.0)]
    panel, report = assemble(table(rows), pipeline(frequency="1"), 4)
    assert history(panel) == [1.0, 2.0, 3.0, None, None]
    assert report.cutoff == "3"
    texts = [(name, str(step), value) for name, step, value in rows]
    assert assemble(table(texts), pipeline(frequency="1"), 4)[0].fingerprint == panel.fingerprint
    with pytest.raises(DataError, match=r"holds integers; set frequency to their step"):
        assemble(table(rows), pipeline(frequency=None), 4)
    with pytest.raises(DataError, match="is not an integer, but the frequency is one of integer steps: 'x'"):
        assemble(table([("A", "x", 1.0)]), pipeline(frequency="1"), 4)


def test_at_an_instant_integer_steps_end_with_the_newest_observed_one() -> None:
    rows = [("A", 1, 1.0, 0.0), ("A", 2, 2.0, 0.0), ("A", 3, None, 0.0), ("A", 4, None, 0.0)]
    panel, report = assemble(
        table(rows, ("id", "ds", "y", "plan")),
        pipeline(frequency="1", source={"future_covariates": ["plan"]}),
        at("2024-01-01"),
    )
    assert report.cutoff == "2"
    assert history(panel) == [1.0, 2.0, None, None]


def test_a_step_as_moment_needs_integer_steps() -> None:
    with pytest.raises(ConfigError, match="as_of 4 is an integer step, but the frequency is 'D'"):
        assemble(table(THREE_DAYS), pipeline(), 4)


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


# Duplicates


def duplicated(policy: str, *values: float | None, **settings: Any) -> tuple[Panel, QualityReport]:
    rows = [("A", "2024-01-01", 1.0), *(("A", "2024-01-02", value) for value in values), ("B", "2024-01-02", 5.0)]
    return assemble(table(rows), pipeline(source={"duplicates": policy}, **settings), at("2024-01-03"))


def test_rows_of_one_time_with_other_values_are_refused_by_key_and_count() -> None:
    with pytest.raises(
        DataError, match=r"2 rows share their series and time .* first series 'A' at 2024-01-02; .*\"last\""
    ):
        duplicated("error", 2.0, 4.0)


def test_equal_rows_are_dropped_and_counted() -> None:
    """Two missing values are equal too."""
    panel, report = duplicated("error", 2.0, 2.0, 2.0)
    assert history(panel) == [1.0, 2.0, None, None]
    assert repairs(report) == [("equal rows dropped", "A", "", 2, "2024-01-02")]
    assert duplicated("error", None, None)[1].repaired == 1


@pytest.mark.parametrize(
    ("policy", "values", "expected"),
    [
        ("last", (2.0, 4.0), 4.0),
        ("last", (2.0, None), None),
        ("mean", (2.0, 4.0, None), 3.0),
        ("sum", (2.0, 2.0), 4.0),
        ("sum", (None, None), None),
    ],
)
def test_a_policy_makes_one_row_of_several(
    policy: str, values: tuple[float | None, ...], expected: float | None
) -> None:
    """Under "sum" two equal rows are two sales; missing values do not count."""
    panel, report = duplicated(policy, *values)
    assert history(panel) == [1.0, expected, None, None]
    assert history(panel, 1) == [5.0, None, None]
    assert repairs(report) == [(f"rows merged ({policy})", "A", "", len(values) - 1, "2024-01-02")]


def test_what_lies_after_the_cutoff_cannot_conflict() -> None:
    rows = [*THREE_DAYS, ("A", "2024-01-04", 1.0), ("A", "2024-01-04", 2.0)]
    assert assemble(table(rows), pipeline(), at("2024-01-04"))[1].repaired == 0


# Gaps

PLANNED = ("id", "ds", "y", "plan")
WITH_PLAN = {"future_covariates": ["plan"]}


def test_an_absent_row_is_missing() -> None:
    panel, report = assemble(table([THREE_DAYS[0], THREE_DAYS[2]]), pipeline(), at("2024-01-04"))
    assert history(panel) == [1.0, None, 3.0, None, None]
    assert report.per_series.observed == {"y": (2,)}


def test_an_absent_row_means_zero_where_the_file_says_so_and_an_empty_cell_does_not() -> None:
    """B has no row of the 2nd, and none in the horizon; A has an empty cell on the 2nd."""
    rows = [
        ("A", "2024-01-01", 1.0, 1.0), ("A", "2024-01-02", None, 2.0), ("A", "2024-01-03", 3.0, 3.0),
        ("A", "2024-01-04", None, 4.0), ("A", "2024-01-05", None, 5.0),
        ("B", "2024-01-01", 8.0, 8.0), ("B", "2024-01-03", 9.0, 9.0),
    ]  # fmt: skip
    panel, report = assemble(table(rows, PLANNED), pipeline(source=WITH_PLAN | {"gaps": "zero"}), at("2024-01-04"))
    assert history(panel, 0) == [1.0, None, 3.0, None, None]
    assert history(panel, 1) == [8.0, 0.0, 9.0, None, None]
    assert panel.future[:, 0].tolist() == [1, 2, 3, 4, 5, 8, 0, 9, 0, 0]
    assert repairs(report) == [
        ("absent rows set to 0", "B", "", 1, "2024-01-02"),
        ("absent rows of the horizon set to 0", "B", "", 2, "2024-01-04"),
    ]
    assert list(report.per_series.missing) == [pytest.approx(1 / 3), 0.0]


def test_a_table_that_ends_early_has_no_zeros_after_its_end() -> None:
    """The 3rd is missing from the whole table: that is a late table, not a day without departures."""
    rows = [("A", "2024-01-01", 1.0), ("A", "2024-01-02", 2.0), ("B", "2024-01-01", 5.0)]
    panel, _ = assemble(table(rows), pipeline(source={"gaps": "zero"}), at("2024-01-04"))
    assert history(panel, 0) == [1.0, 2.0, None, None, None]
    assert history(panel, 1) == [5.0, 0.0, None, None, None]


def test_gaps_are_refused_by_series_and_time_where_the_file_says_so() -> None:
    """The end of B is late, not a gap."""
    rows = [THREE_DAYS[0], THREE_DAYS[2], ("B", "2024-01-01", 1.0)]
    with pytest.raises(DataError, match=r"1 steps have no row.* first series 'A' at 2024-01-02; mend"):
        assemble(table(rows), pipeline(source={"gaps": "error"}), at("2024-01-04"))
    assemble(table([*THREE_DAYS, rows[2]]), pipeline(source={"gaps": "error"}), at("2024-01-04"))


# Covariates


@pytest.mark.parametrize("gaps", ["missing", "zero"])
def test_a_future_covariate_that_is_missing_ahead_is_refused_by_series_and_time(gaps: str) -> None:
    """Under gaps = "zero" an empty cell is still not known."""
    rows = [("A", f"2024-01-0{day}", 1.0, 1.0) for day in range(1, 6)]
    rows += [("B", f"2024-01-0{day}", 1.0, 1.0) for day in (1, 2, 3, 4)]
    cell: list[tuple[Any, ...]] = [("B", "2024-01-05", None, None)] if gaps == "zero" else []
    with pytest.raises(
        DataError,
        match=r"'plan' is missing in 1 steps .* first 'B' at 2024-01-05; .*all 2 steps after 2024-01-03",
    ):
        assemble(table(rows + cell, PLANNED), pipeline(source=WITH_PLAN | {"gaps": gaps}), at("2024-01-04"))


def test_a_future_covariate_that_is_missing_before_is_carried_forward_and_counted() -> None:
    """The first of B has nothing before it, so what comes after it is taken; A's last value does not reach B."""
    rows = [("A", f"2024-01-0{day}", 1.0, value) for day, value in enumerate([1.0, None, 3.0, 4.0, 5.0], 1)]
    rows += [("B", f"2024-01-0{day}", 1.0, value) for day, value in enumerate([None, 7.0, 8.0, 9.0, 10.0], 1)]
    panel, report = assemble(table(rows, PLANNED), pipeline(source=WITH_PLAN), at("2024-01-04"))
    assert panel.future[:, 0].tolist() == [1, 1, 3, 4, 5, 7, 7, 8, 9, 10]
    assert repairs(report) == [
        ("missing values carried forward", "A", "plan", 1, "2024-01-02"),
        ("missing values carried forward", "B", "plan", 1, "2024-01-01"),
    ]


def test_infinite_values_are_missing_and_reported() -> None:
    rows = [("A", "2024-01-01", 1.0), ("A", "2024-01-02", float("inf")), ("A", "2024-01-03", float("-inf"))]
    panel, report = assemble(table(rows), pipeline(), at("2024-01-04"))
    assert history(panel) == [1.0, None, None, None, None]
    assert repairs(report) == [("infinite values taken as missing", "A", "y", 2, "2024-01-02")]


def test_static_covariates_are_numbers_or_the_place_among_their_texts() -> None:
    rows = [("A", "2024-01-01", 1.0, "red", "1.5"), ("A", "2024-01-02", 1.0, None, "1.5"),
            ("B", "2024-01-01", 1.0, "blue", ""), ("C", "2024-01-01", 1.0, None, "7")]  # fmt: skip
    settings = pipeline(source={"static_covariates": ["colour", "size"]})
    panel, _ = assemble(table(rows, ("id", "ds", "y", "colour", "size")), settings, at("2024-01-03"))
    np.testing.assert_array_equal(panel.static, [[1.0, 1.5], [0.0, NAN], [NAN, 7.0]])


def test_a_static_text_that_a_later_row_has_changes_nothing() -> None:
    """Law: rows after as_of have no say, not even by the places of texts, nor by being no number."""
    rows = [("A", "2024-01-01", 1.0, "red", "1"), ("B", "2024-01-01", 1.0, "green", "2")]
    later = [("C", "2024-03-01", 1.0, "blue", "many")]
    settings = pipeline(source={"static_covariates": ["colour", "size"]})
    names = ("id", "ds", "y", "colour", "size")
    before, after = (assemble(table(some, names), settings, at("2024-01-02"))[0] for some in (rows, rows + later))
    np.testing.assert_array_equal(after.static, [[1.0, 1.0], [0.0, 2.0]])
    assert after.fingerprint == before.fingerprint


def test_a_static_covariate_with_two_values_is_refused_by_series() -> None:
    rows = [("A", "2024-01-01", 1.0, "x"), ("B", "2024-01-01", 1.0, "x"), ("B", "2024-01-02", 1.0, "y")]
    with pytest.raises(DataError, match=r"static covariate 'kind' has more than one value in 1 series, first 'B'"):
        assemble(
            table(rows, ("id", "ds", "y", "kind")), pipeline(source={"static_covariates": ["kind"]}), at("2024-01-03")
        )


def test_the_calendar_comes_after_the_covariates_of_the_user() -> None:
    """2024-01-01 was a Monday and New Year's Day."""
    rows = [("A", f"2024-01-0{day}", 1.0, 9.0) for day in range(1, 6)]
    settings = pipeline(source=WITH_PLAN, calendar={"holidays": "US"})
    panel = with_calendar(assemble(table(rows, PLANNED), settings, at("2024-01-04"))[0])
    weekday, year = ("calendar:weekday_sin", "calendar:weekday_cos"), ("calendar:yearday_sin", "calendar:yearday_cos")
    assert panel.future_names == ("plan", *weekday, *year, "calendar:holiday")
    assert panel.future[:, 5].tolist() == [1, 0, 0, 0, 0]
    np.testing.assert_allclose(panel.future[0, :5], [9, 0, 1, 0, 1], atol=1e-6)


def test_a_covariate_may_not_take_a_name_of_the_calendar() -> None:
    settings = pipeline(source={"future_covariates": ["calendar:holiday"]})
    with pytest.raises(ConfigError, match="names that begin with 'calendar:' belong to the calendar"):
        assemble(table(THREE_DAYS), settings, at("2024-01-04"))


# Values


@pytest.mark.parametrize(
    ("values", "dtype"),
    [
        ([1.5, 2.25, 3.0], np.float32),
        ([5_000_000.1] * 3, np.float32),
        ([1e12, 1.001e12, 0.999e12], np.float32),
        ([5_000_000.1, 5_000_000.2, 5_000_000.3], np.float64),
        ([1e30, 2e30, 3e30], np.float64),
        ([1e-30, 2e-30, 3e-30], np.float64),
        ([16_777_216.0, 16_777_217.0, 16_777_218.0], np.float64),
    ],
)
def test_values_are_kept_in_single_precision_unless_it_blurs_their_spread(
    values: list[float], dtype: type[np.floating[Any]]
) -> None:
    """float32 has 24 bits: 5,000,000.1 is rounded to halves, 1e12 to 65,536, and 2**24 + 1 is none of its numbers."""
    rows = [("A", f"2024-01-0{day}", value) for day, value in enumerate(values, 1)]
    panel, _ = assemble(table(rows), pipeline(), at("2024-01-04"))
    assert panel.targets.dtype == dtype
    if dtype == np.float64:
        assert panel.targets[:3, 0].tolist() == values


def test_odd_series_are_said_and_never_fatal() -> None:
    """Nothing, zero, a constant, a stuck sensor; one that is like the others is not named."""
    span = pd.date_range("2024-01-01", periods=40)
    rows = []
    for index, day in enumerate(span):
        stuck = float(min(index, 10))
        values = {"good": float(index), "none": None, "zero": 0.0, "flat": 5.5, "stuck": stuck}
        rows += [(name, str(day.date()), value) for name, value in values.items()]
    _, report = assemble(table([*rows, ("rare", "2024-01-01", 1.0)]), pipeline(), at("2024-02-10"))
    assert set(report.warnings) == {
        "1 series: y has no value at all: 'none'",
        "1 series: y is 0 throughout: 'zero' (40 steps)",
        "1 series: y is constant: 'flat' (5.5 in 40 steps)",
        "1 series: y is flat at its end: 'stuck' (30 observed steps from 2024-01-11)",
        "1 series: ended long before the cutoff: 'rare' (newest of 2024-01-01, 39 steps before the table's end, "
        "no longer forecast)",
    }


def test_a_weekly_series_among_daily_ones_is_said_to_be_mostly_missing() -> None:
    """The grid is daily, so six of seven days of it have no value."""
    rows = [("A", str(day.date()), 1.0 + day.day) for day in pd.date_range("2024-01-01", periods=28)]
    rows += [("B", str(day.date()), float(day.day)) for day in pd.date_range("2024-01-07", periods=4, freq="7D")]
    _, report = assemble(table(rows), pipeline(), at("2024-01-29"))
    assert report.warnings == ("1 series: mostly missing: 'B' (4 of 22 steps since 2024-01-07)",)


def test_notes_of_the_source_reach_the_report() -> None:
    noted = SourceRows(table(THREE_DAYS), blank=2, notes=("read with care",))
    _, report = observations.assemble(noted, PanelSettings.of(pipeline()), at("2024-01-04"))
    assert (report.rows_read, report.notes) == (5, ("read with care",))
