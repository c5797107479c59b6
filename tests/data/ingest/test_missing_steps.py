"""Steps without a target are counted by series, with their first one and their longest run."""

import pytest
from ingested import NAN, assemble, at, pipeline, table

from lstm.data.quality.report import MissingSteps


def rows(series: str, *values: float | None) -> list[tuple[str, str, float | None]]:
    """A day each from 2024-01-01; None has no row, NaN has one without a value."""
    return [(series, f"2024-01-{day:02d}", value) for day, value in enumerate(values, 1) if value is not None]


def test_missing_steps_are_counted_with_their_first_and_their_longest_run() -> None:
    """A lacks days 2, 4 and 5; B lacks none; C has no value on day 6, the newest of the table."""
    days = [*rows("A", 1, None, 3, NAN, None, 6), *rows("B", 1, 2, 3, 4, 5, 6), *rows("C", 1, 2, 3, 4, 5, NAN)]
    _, report = assemble(table(days), pipeline(), at("2024-01-07"))
    assert report.missing == (
        MissingSteps(series="A", column="y", count=3, first="2024-01-02", longest=2, longest_from="2024-01-04"),
        MissingSteps(series="C", column="y", count=1, first="2024-01-06", longest=1, longest_from="2024-01-06"),
    )
    assert report.sentences(9) == [
        "missing steps of y: 4 of 18, in A (3 from 2024-01-02, the longest run 2 from 2024-01-04), "
        "C (1 from 2024-01-06)"
    ]
    assert ("missing steps", "4") in report.table()


def test_a_table_without_missing_steps_has_none_to_report() -> None:
    _, report = assemble(table(rows("A", 1, 2, 3)), pipeline(), at("2024-01-04"))
    assert report.missing == ()


def test_absent_rows_that_mean_zero_are_not_missing_but_empty_cells_are() -> None:
    """Day 2 has no row and is 0; day 3 has a row without a value."""
    settings = pipeline(source={"gaps": "zero"})
    _, report = assemble(table(rows("A", 1, None, NAN, 4)), settings, at("2024-01-05"))
    assert [(steps.count, steps.first) for steps in report.missing] == [(1, "2024-01-03")]


def test_steps_after_the_end_of_the_table_or_of_an_ended_series_are_not_missing() -> None:
    """The late end of a table and an ended series have sentences of their own."""
    days = [*rows("A", *range(1, 21)), *rows("old", 1, None, 3)]
    settings = pipeline(quality={"expected_for": 5, "late_end": "degrade"})
    _, report = assemble(table(days), settings, at("2024-02-01"))
    assert [(steps.series, steps.count) for steps in report.missing] == [("old", 1)]


@pytest.mark.parametrize("gaps", ["missing", "zero", "error"])
def test_a_day_that_the_zone_left_out_is_no_gap(gaps: str) -> None:
    """Samoa had no 30 December 2011 (a Friday): it is neither missing nor a zero, and nothing is refused for it."""
    days = [("A", day, 1.0) for day in ("2011-12-28", "2011-12-29", "2011-12-31", "2012-01-01")]
    settings = pipeline(source={"gaps": gaps}, time_zone="Pacific/Apia")
    panel, report = assemble(table(days), settings, at("2012-01-02T12:00:00+14:00"))
    assert report.missing == ()
    assert panel.targets[:5, 0].tolist() == [1.0, 1.0, pytest.approx(NAN, nan_ok=True), 1.0, 1.0]


def test_closed_steps_are_not_missing() -> None:
    """A shop without rows on the Sundays 2024-01-07 and 14, and none on Tuesday the 9th."""
    days = [day for day in range(1, 17) if day not in (7, 9, 14)]
    table_rows = [("A", f"2024-01-{day:02d}", float(day)) for day in days]
    settings = pipeline(calendar={"features": False, "closed": ["Sun"]})
    _, report = assemble(table(table_rows), settings, at("2024-01-17"))
    assert [(steps.count, steps.first, steps.longest) for steps in report.missing] == [(1, "2024-01-09", 1)]
