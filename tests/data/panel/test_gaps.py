"""Absent rows and missing covariates, by each policy."""

from typing import Any

import pytest
from ingested import PLANNED, THREE_DAYS, WITH_PLAN, assemble, at, history, pipeline, repairs, table

from lstm.errors import DataError


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
