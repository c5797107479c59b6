"""Two clocks: what was known when. Every table is small enough to work out by hand."""

from datetime import UTC, date, datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from lstm.config import Pipeline
from lstm.data.ingest.assemble import assemble
from lstm.data.ingest.panel_settings import PanelSettings
from lstm.data.panel.panel import Panel
from lstm.data.panel.vintages import as_known, vintages_table
from lstm.data.quality.report import QualityReport
from lstm.data.rows.source_rows import SourceRows
from lstm.errors import DataError

NAN = float("nan")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def read(rows: list[tuple[Any, ...]], as_of: str, **source: Any) -> tuple[Panel, QualityReport]:
    """Rows of (day of January, value, known at) of one daily series."""
    settings = {"path": "x.csv", "time": "ds", "targets": ["y"], "known_at": "known"} | source
    pipeline = Pipeline.model_validate({"name": "p", "horizon": 2, "frequency": "D", "source": settings})
    columns = {
        "ds": [date(2024, 1, day) for day, *_ in rows],
        "known": [known for *_, known in rows],
        "y": [value for _, value, _ in rows],
    }
    return assemble(SourceRows(pa.table(columns)), PanelSettings.of(pipeline), at(as_of))


# The second day was published on the 3rd as 2.0 and corrected on the 5th to 2.5; the third came late, on the 6th.
ROWS = [
    (1, 1.0, "2024-01-02T06:00:00Z"),
    (2, 2.5, "2024-01-05T06:00:00Z"),
    (2, 2.0, "2024-01-03T06:00:00Z"),
    (3, 3.0, "2024-01-06T06:00:00Z"),
    (4, 4.0, "2024-01-05T07:00:00Z"),
]


def values(panel: Panel) -> list[float | None]:
    return [None if np.isnan(value) else float(value) for value in panel.targets[: -panel.horizon, 0]]


@pytest.mark.parametrize(
    ("as_of", "expected"),
    [
        ("2024-01-04T05:00", [1.0, 2.0, None]),
        ("2024-01-05T06:00", [1.0, 2.5, None, None]),
        ("2024-01-05T08:00", [1.0, 2.5, None, 4.0]),
        ("2024-01-07T00:00", [1.0, 2.5, 3.0, 4.0, None, None]),
    ],
)
def test_a_run_reads_what_was_known_by_then_and_of_versions_the_last(as_of: str, expected: list[float | None]) -> None:
    assert values(read(ROWS, as_of)[0]) == expected


def test_what_was_not_known_and_what_was_superseded_are_counted() -> None:
    _, report = read(ROWS, "2024-01-05T08:00")
    assert report.vintages
    assert report.rows_not_known_yet == 1
    assert [(one.kind, one.count, one.first) for one in report.repairs] == [("earlier versions", 1, "2024-01-02")]


def test_a_date_counts_once_that_day_is_over() -> None:
    """A row loaded on the 3rd may have come at any hour of it."""
    rows = [(1, 1.0, date(2024, 1, 2)), (2, 2.0, date(2024, 1, 3))]
    assert values(read(rows, "2024-01-03T23:00")[0]) == [1.0, None]
    assert values(read(rows, "2024-01-04T00:00")[0]) == [1.0, 2.0, None]


def test_a_date_among_stamps_counts_once_that_day_is_over_too() -> None:
    """A stamp in one row says nothing of the others."""
    rows = [(1, 1.0, "2024-01-02"), (2, 2.0, "2024-01-03"), (3, 3.0, "2024-01-09 12:00:00")]
    assert values(read(rows, "2024-01-03T23:00")[0]) == [1.0, None]


def test_a_row_that_was_not_known_may_be_as_bad_as_it_likes() -> None:
    """Law: a later row has no say, not even by being bad."""
    rows = [(1, 1.0, "2024-01-02T00:00:00Z"), (1, 7.0, "2024-02-01T00:00:00Z"), (1, 8.0, "2024-02-01T00:00:00Z")]
    assert values(read(rows, "2024-01-03T00:00")[0]) == [1.0, None]


def test_a_row_without_a_moment_is_bad() -> None:
    rows = [(1, 1.0, "2024-01-02T00:00:00Z"), (2, 2.0, None)]
    with pytest.raises(DataError, match="column 'known' is empty"):
        read(rows, "2024-01-04T00:00")
    many = [(1, 1.0, "2024-01-02T00:00:00Z")] * 30
    panel, report = read([*many, rows[1]], "2024-01-04T00:00", bad_rows="set_aside")
    assert values(panel) == [1.0, None, None]
    assert [(one.column, one.reason, one.rows) for one in report.set_aside] == [("known", "is empty", 1)]


def test_two_versions_of_one_moment_are_duplicates() -> None:
    rows = [(1, 1.0, "2024-01-02T00:00:00Z"), (1, 2.0, "2024-01-02T00:00:00Z")]
    with pytest.raises(DataError, match="2 rows share their series and time"):
        read(rows, "2024-01-03T00:00")
    assert values(read(rows, "2024-01-03T00:00", duplicates="mean")[0]) == [1.5, None]


def test_an_origin_of_the_past_is_replayed_with_what_was_known_then() -> None:
    """Law: what `as_known` gives for a moment is what a run as of that moment reads."""
    panel, _ = read(ROWS, "2024-01-08T00:00")
    assert panel.versions is not None
    for as_of in ("2024-01-04T05:00", "2024-01-05T06:00", "2024-01-05T08:00", "2024-01-07T00:00"):
        known, _ = read(ROWS, as_of)
        replayed = as_known(panel.versions["source"], "y", at(as_of), panel.targets[:, 0])
        kept = len(known.targets) - known.horizon
        np.testing.assert_array_equal(replayed[:kept], known.targets[:kept, 0])
        assert np.isnan(replayed[kept:]).all()


def test_versions_of_one_moment_are_one_by_the_policy_of_duplicates() -> None:
    """Law: the newest version is what the panel has; infinity is missing in both."""
    rows = [(1, 10.0, "2024-01-02"), (1, 30.0, "2024-01-02"), (2, float("inf"), "2024-01-03"), (2, 1.0, "2024-01-02")]
    panel, _ = read(rows, "2024-01-08T00:00", duplicates="mean")
    assert panel.versions is not None
    replayed = as_known(panel.versions["source"], "y", at("2024-01-08T00:00"), panel.targets[:, 0])
    np.testing.assert_array_equal(replayed, panel.targets[:, 0])
    assert panel.targets[0, 0] == 20.0
    assert np.isnan(panel.targets[1, 0])


def test_vintages_have_every_version_sorted_by_step_and_time() -> None:
    panel, _ = read(ROWS, "2024-01-08T00:00")
    assert panel.versions is not None
    table = vintages_table(panel.versions)
    assert table.column_names == ["table", "step", "known_at", "y"]
    assert table["step"].to_pylist() == [0, 1, 1, 2, 3]
    assert table["y"].to_pylist() == [1.0, 2.0, 2.5, 3.0, 4.0]


def test_without_the_column_nothing_is_known_of_versions() -> None:
    pipeline = Pipeline.model_validate(
        {"name": "p", "horizon": 2, "frequency": "D", "source": {"path": "x", "time": "ds", "targets": ["y"]}}
    )
    rows = SourceRows(pa.table({"ds": [date(2024, 1, 1)], "y": [1.0]}))
    panel, report = assemble(rows, PanelSettings.of(pipeline), at("2024-01-02"))
    assert panel.versions is None
    assert not report.vintages
