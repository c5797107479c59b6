"""Future covariates from a table of their own. Every table is small enough to work the panel out by hand."""

from datetime import UTC, datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from lstm.config import Pipeline
from lstm.data.ingest.assemble import assemble
from lstm.data.ingest.panel_settings import PanelSettings
from lstm.data.panel.panel import Panel
from lstm.data.quality.report import QualityReport
from lstm.data.rows.source_rows import SourceRows
from lstm.errors import DataError

Row = tuple[Any, ...]


def table(rows: list[Row], names: tuple[str, ...]) -> SourceRows:
    return SourceRows(pa.table({name: [row[index] for row in rows] for index, name in enumerate(names)}))


def read(history: list[Row], future: list[Row], as_of: str, **changes: Any) -> tuple[Panel, QualityReport]:
    """history: (id, ds, y, temp). future: (id, ds, temp)."""
    columns = {"path": "x.csv", "series": ["id"], "time": "ds", "targets": ["y"], "future_covariates": ["temp"]}
    settings = {"name": "p", "horizon": 2, "frequency": "D"} | changes.pop("settings", {})
    source = columns | {"future": {"path": "f.csv", "covers": changes.pop("covers", "horizon")}} | changes
    pipeline = Pipeline.model_validate(settings | {"source": source})
    rows = table(history, ("id", "ds", "y", "temp")), table(future, ("id", "ds", "temp"))
    return assemble(rows[0], PanelSettings.of(pipeline), datetime.fromisoformat(as_of).replace(tzinfo=UTC), rows[1])


HISTORY = [("A", "2024-01-01", 1.0, 10.0), ("A", "2024-01-02", 2.0, 11.0)]
FUTURE = [("A", "2024-01-03", 12.0), ("A", "2024-01-04", 13.0)]


def temp(panel: Panel) -> list[float]:
    column: list[float] = panel.future[:, 0].tolist()
    return column


def test_rows_are_joined_by_time_and_the_source_wins_where_both_have_a_value() -> None:
    """A future table that begins in the past, in any order."""
    early = [("A", "2024-01-02", 99.0), *reversed(FUTURE), ("A", "2024-01-09", 0.0)]
    panel, _ = read(HISTORY, early, "2024-01-03")
    assert temp(panel) == [10.0, 11.0, 12.0, 13.0]


def test_a_missing_row_of_the_horizon_is_refused_by_series_and_time_or_filled_as_the_file_says() -> None:
    """Refused, carried forward, or 0."""
    with pytest.raises(DataError, match=r"'temp' is missing in 1 steps .* 1 series, first 'A' at 2024-01-04"):
        read(HISTORY, FUTURE[:1], "2024-01-03")
    assert temp(read(HISTORY, FUTURE[:1], "2024-01-03", future_gaps="carry")[0])[2:] == [12.0, 12.0]
    panel, report = read(HISTORY, FUTURE[:1], "2024-01-03", future_gaps="zero")
    assert temp(panel)[2:] == [12.0, 0.0]
    assert [(repair.kind, repair.count, repair.first) for repair in report.repairs] == [
        ("missing values set to 0", 1, "2024-01-04")
    ]


def test_an_absent_row_of_the_source_says_nothing_of_the_other_table() -> None:
    """gaps = "zero" is of the source: it neither fills a horizon that is missing, nor counts one that is there."""
    with pytest.raises(DataError, match="'temp' is missing in 1 steps"):
        read(HISTORY, FUTURE[:1], "2024-01-03", gaps="zero")
    panel, report = read(HISTORY, FUTURE, "2024-01-03", gaps="zero")
    assert temp(panel)[2:] == [12.0, 13.0]
    assert report.repairs == ()


def test_a_table_that_covers_everything_needs_no_column_in_the_source() -> None:
    everything = [("A", "2024-01-01", 10.0), ("A", "2024-01-02", 11.0), *FUTURE]
    panel, _ = read(HISTORY, everything, "2024-01-03", covers="everything")
    assert temp(panel) == [10.0, 11.0, 12.0, 13.0]


def test_series_without_observations_are_said_and_ids_are_compared_as_text() -> None:
    history = [(7, day, value, x) for _, day, value, x in HISTORY]
    future = [("7", day, x) for _, day, x in FUTURE] + [("8", "2024-01-03", 1.0)]
    panel, report = read(history, future, "2024-01-03")
    assert temp(panel)[2:] == [12.0, 13.0]
    assert "source.future has 1 rows of 1 series that have no observations: 8" in report.warnings


def test_times_are_read_as_the_grid_of_the_source_asks() -> None:
    """Hours of Berlin whose frequency is found; the other table has midnights only, which are instants too."""
    history = [("A", f"2024-06-20 {hour:02d}:00:00", 1.0, 1.0) for hour in range(20, 24)]
    future = [("A", "2024-06-21 00:00:00", 7.0)]
    settings = {"time_zone": "Europe/Berlin", "frequency": None, "horizon": 1}
    panel, _ = read(history, future, "2024-06-20T22:00", settings=settings)
    assert panel.frequency.alias == "h"
    assert temp(panel)[-1] == 7.0


def test_times_off_the_grid_are_counted_where_they_are_floored() -> None:
    late = [("A", "2024-01-03 13:30:00", 12.0), ("A", "2024-01-04 00:00:00", 13.0)]
    panel, report = read(HISTORY, late, "2024-01-03", off_grid="floor")
    assert temp(panel)[2:] == [12.0, 13.0]
    assert [(repair.kind, repair.count) for repair in report.repairs] == [("times counted for the step they lie in", 1)]


def test_versions_of_a_covariate_count_as_they_were_known() -> None:
    """The forecast of the 3rd was 12.0 on the 2nd and 14.0 on the 3rd at noon."""
    columns = {"path": "x.csv", "series": ["id"], "time": "ds", "targets": ["y"], "future_covariates": ["temp"]}
    source = columns | {"future": {"path": "f.csv", "known_at": "issued"}}
    pipeline = Pipeline.model_validate({"name": "p", "horizon": 1, "frequency": "D", "source": source})
    issued = [("A", "2024-01-03", "2024-01-02T06:00:00Z", 12.0), ("A", "2024-01-03", "2024-01-03T12:00:00Z", 14.0)]
    temperatures = []
    for as_of in (datetime(2024, 1, 3, tzinfo=UTC), datetime(2024, 1, 3, 13, tzinfo=UTC)):
        future = table(issued, ("id", "ds", "issued", "temp"))
        panel, _ = assemble(table(HISTORY, ("id", "ds", "y", "temp")), PanelSettings.of(pipeline), as_of, future)
        temperatures.append(float(panel.future[-1, 0]))
    np.testing.assert_array_equal(temperatures, [12.0, 14.0])
