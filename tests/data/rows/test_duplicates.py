"""Several rows of one series and time, by each policy."""

from typing import Any

import pytest
from ingested import THREE_DAYS, assemble, at, history, pipeline, repairs, table

from lstm.data.panel.panel import Panel
from lstm.data.quality.report import QualityReport
from lstm.errors import DataError


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
