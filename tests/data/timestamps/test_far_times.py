"""Times far from the rest, at both ends, by the distribution of times."""

import numpy as np
import pytest
from ingested import assemble, at, pipeline, table

from lstm.data.timestamps.far_times import far_times
from lstm.errors import DataError


def days(first: str, last: str, every: int = 1) -> np.ndarray:
    return np.arange(np.datetime64(first), np.datetime64(last), every).astype(np.int64)


def far(*parts: np.ndarray | str) -> list[str]:
    """The far ones of some days, as dates."""
    ticks = np.unique(np.concatenate([
        np.array([np.datetime64(part)]).astype(np.int64) if isinstance(part, str) else part for part in parts
    ]))  # fmt: skip
    return [str(day) for day in ticks[far_times(ticks)].astype("datetime64[D]")]


@pytest.mark.parametrize("stray", ["1970-01-01", "0001-01-01", "1900-01-01", "2034-01-01", "9999-12-31", "2204-03-01"])
@pytest.mark.parametrize("first", ["2010-01-01", "2023-01-01", "2024-11-01"])
def test_a_mark_of_never_and_a_slip_of_a_year_are_far(stray: str, first: str) -> None:
    """Nine years after a history of fifteen are 60 % of its length, and 3,000 times a day."""
    assert far(days(first, "2024-12-31"), stray) == [stray]


def test_several_far_times_at_both_ends_are_all_found() -> None:
    """One in a hundred times may be far; no stray time hides another."""
    strays = ["0001-01-01", "1970-01-01", "2030-06-01", "9999-12-31"]
    assert far(days("2020-01-01", "2024-01-01"), *strays) == strays


@pytest.mark.parametrize(
    "parts",
    [
        (days("2010-01-01", "2012-01-01"), days("2016-01-01", "2024-01-01")),  # closed for four years
        (days("2010-01-01", "2024-01-01", 7), "2024-06-01"),
        (days("2004-01-01", "2024-01-01", 365), "2026-01-01"),
        (days("2023-01-01", "2024-01-01"), "2024-05-01"),  # a pause of four months
        (days("2023-12-20", "2024-01-01"), "1970-01-01"),  # a dozen times
        (days("2020-01-01", "2024-01-01", 97), "2018-06-01"),
    ],
)
def test_a_pause_a_new_beginning_and_a_sparse_table_are_not_far(parts: tuple[np.ndarray | str, ...]) -> None:
    """A stretch of times is no stray one, and a hole must be out of proportion to the others."""
    assert far(*parts) == []


ROWS = [("A", str(np.datetime64("2024-01-01") + day), float(day % 7)) for day in range(60)]


def test_a_far_past_time_is_refused_with_its_row_and_makes_no_grid_of_millennia() -> None:
    """The grid from year 1 would have 739,000 steps, of which 60 are observed."""
    with pytest.raises(DataError) as refused:
        assemble(table([*ROWS, ("A", "0001-01-01", 1.0)]), pipeline(), at("2024-03-01"))
    assert str(refused.value) == (
        "a value of column 'ds' lies far from all other times, which are of 2024-01-01 to 2024-02-29: '0001-01-01' of "
        'series \'A\', data row 61; mend the time, or set source.far_times to "set_aside" (left out) or "keep" (it is '
        "right)"
    )


def test_a_far_time_is_set_aside_or_kept_as_the_file_says() -> None:
    rows = [*ROWS, ("A", "1970-01-01", 1.0)]
    panel, report = assemble(table(rows), pipeline(source={"far_times": "set_aside"}), at("2024-03-01"))
    assert (panel.steps, report.rows_used, report.rows_set_aside) == (62, 60, 1)
    panel, report = assemble(table(rows), pipeline(source={"far_times": "keep"}), at("2024-03-01"))
    assert report.per_series.first == ("1970-01-01",)


def test_a_far_late_time_that_the_run_may_read_is_refused_too() -> None:
    """It would make a table that ended a decade ago look fresh."""
    with pytest.raises(DataError, match=r"lies far from all other times.*'2034-01-01' of series 'A', data row 61"):
        assemble(table([*ROWS, ("A", "2034-01-01", 1.0)]), pipeline(), at("2034-01-02"))


def test_what_lies_after_a_run_does_not_make_a_time_far() -> None:
    """Law: later rows cannot change a run. The rows of 2024 are all that a run of that year reads."""
    later = [("A", str(np.datetime64("2060-01-01") + day), 1.0) for day in range(6_000)]
    _, report = assemble(table([*ROWS, *later]), pipeline(), at("2024-03-01"))
    assert report.rows_used == 60


def test_a_far_future_time_is_said_with_its_row() -> None:
    """A slip of a year in a history of fifteen was not said, as it lay less than fifteen years away."""
    rows = [("A", str(np.datetime64("2010-01-01") + day), float(day % 7)) for day in range(5_400)]
    _, report = assemble(table([*rows, ("A", "2030-01-01", 1.0)]), pipeline(), at("2024-10-14"))
    assert "1 rows lie far in the future and are left out: 'A' at 2030-01-01 (data row 5401)" in report.warnings
