"""Absent rows and missing covariates, by each policy."""

from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest
from ingested import NAN, PLANNED, THREE_DAYS, WITH_PLAN, assemble, at, history, pipeline, repairs, table

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
    settings = WITH_PLAN | {"gaps": "zero", "future_gaps": "carry"}
    panel, report = assemble(table(rows, PLANNED), pipeline(source=settings), at("2024-01-04"))
    assert history(panel, 0) == [1.0, None, 3.0, None, None]
    assert history(panel, 1) == [8.0, 0.0, 9.0, None, None]
    assert panel.future[:, 0].tolist() == [1, 2, 3, 4, 5, 8, 8, 9, 9, 9]
    assert repairs(report) == [
        ("absent rows set to 0", "B", "", 1, "2024-01-02"),
        ("missing values carried forward", "B", "plan", 3, "2024-01-02"),
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
    """The first of B has nothing before it and stays unknown: neither A's last value reaches it nor its own next."""
    rows = [("A", f"2024-01-0{day}", 1.0, value) for day, value in enumerate([1.0, None, 3.0, 4.0, 5.0], 1)]
    rows += [("B", f"2024-01-0{day}", 1.0, value) for day, value in enumerate([None, 7.0, 8.0, 9.0, 10.0], 1)]
    panel, report = assemble(table(rows, PLANNED), pipeline(source=WITH_PLAN), at("2024-01-04"))
    np.testing.assert_array_equal(panel.future[:, 0], [1, 1, 3, 4, 5, NAN, 7, 8, 9, 10])
    assert repairs(report) == [("missing values carried forward", "A", "plan", 1, "2024-01-02")]


def test_a_covariate_without_a_past_is_said_to_be_of_no_use() -> None:
    """The plan begins after the cutoff."""
    rows = [("A", f"2024-01-0{day}", 1.0, None if day < 4 else 9.0) for day in range(1, 6)]
    panel, report = assemble(table(rows, PLANNED), pipeline(source=WITH_PLAN), at("2024-01-04"))
    np.testing.assert_array_equal(panel.future[:, 0], [NAN, NAN, NAN, 9, 9])
    assert "future covariate 'plan' has no value up to the cutoff" in report.warnings[-1]
    _, report = assemble(
        table([(*row[:3], None) for row in rows], ("id", "ds", "y", "p")),
        pipeline(source={"past_covariates": ["p"]}),
        at("2024-01-04"),
    )
    assert "past covariate 'p' has no value up to the cutoff" in report.warnings[-1]


def test_a_sunday_that_never_had_a_row_is_a_zero_and_not_late() -> None:
    """Five weeks of shops that are closed on Sundays, run on a Monday; a Saturday without rows is late."""
    days = [date(2024, 1, 1) + timedelta(days=day) for day in range(35)]
    rows = [(name, str(day), 1.0 + day.day) for name in "AB" for day in days if day.weekday() < 6]
    panel, report = assemble(table(rows), pipeline(source={"gaps": "zero"}), at("2024-02-05"))
    assert history(panel)[31:37] == [2.0, 3.0, 4.0, 0.0, None, None]
    assert report.late == 0
    panel, _ = assemble(
        table([row for row in rows if row[1] < "2024-02-03"]), pipeline(source={"gaps": "zero"}), at("2024-02-05")
    )
    assert history(panel)[33:35] == [None, None]


SOLD = ("id", "ds", "y", "price")
PRICED = {"gaps": "zero", "future_covariates": ["price"]}


def slow_mover(price: np.ndarray, days: int = 400) -> list[tuple[Any, ...]]:
    """Rows on the days with a sale, every third by chance, and a plan of the price for two days more."""
    sold = np.random.default_rng(4).random(days) < 1 / 3
    times = [str(date(2024, 1, 1) + timedelta(days=day)) for day in range(days + 2)]
    return [
        ("A", times[day], 1.0 if day < days else None, float(price[day]))
        for day in range(days + 2)
        if day >= days or sold[day]
    ]


def test_a_price_that_is_known_only_where_something_was_sold_is_carried_and_tells_nothing() -> None:
    """It changes every fifty days; carried to the next sale, each change would mark a sale."""
    price = np.repeat(np.arange(9.0), 50)[:402]
    panel, _ = assemble(table(slow_mover(price), SOLD), pipeline(source=PRICED), at("2025-02-04"))
    carried, sold = panel.future[:, 0], panel.targets[:, 0] > 0
    changes = np.flatnonzero(np.diff(carried)) + 1
    assert len(changes) == 8
    assert 0 < sold[changes].sum() < 4  # of eight; a third of the days has a sale
    days = panel.ordinals - panel.frequency.ordinal_of_text("2024-01-01")
    np.testing.assert_array_equal(carried[sold], price[days[sold]])


def test_a_price_of_each_day_that_is_known_only_where_something_was_sold_is_refused() -> None:
    price = np.random.default_rng(5).random(402)
    with pytest.raises(
        DataError, match=r"'price' has no value in 71% of the steps .* in 0% of the horizon.* tells y: it ch"
    ):
        assemble(table(slow_mover(price), SOLD), pipeline(source=PRICED), at("2025-02-04"))
    with pytest.raises(DataError, match="0 stands for it elsewhere"):
        assemble(
            table(slow_mover(np.ones(402)), SOLD), pipeline(source=PRICED | {"future_gaps": "zero"}), at("2025-02-04")
        )


def test_a_price_of_each_day_with_holes_that_say_nothing_of_the_target_is_carried() -> None:
    rng = np.random.default_rng(6)
    price, sales = rng.random(402), rng.random(402)
    rows = [
        (
            "A",
            str(date(2024, 1, 1) + timedelta(days=day)),
            sales[day] if day < 400 else None,
            None if day < 390 and rng.random() < 0.5 else price[day],
        )
        for day in range(402)
    ]
    panel, _ = assemble(table(rows, SOLD), pipeline(source={"future_covariates": ["price"]}), at("2025-02-04"))
    assert not np.isnan(panel.future[5:, 0]).any()
