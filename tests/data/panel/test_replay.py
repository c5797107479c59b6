"""Replays: a panel as it was known at a moment. Every table is small enough to work out by hand."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from lstm.config import Pipeline
from lstm.data.frequency.aliases import parse_frequency
from lstm.data.ingest.assemble import assemble
from lstm.data.ingest.panel_settings import PanelSettings
from lstm.data.panel.panel import Panel
from lstm.data.panel.replay import as_known_at, moment_of
from lstm.data.panel.vintages import versions_of, vintages_table
from lstm.data.rows.source_rows import SourceRows
from panels import make_panel

NAN = float("nan")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


# Day of January, target, past covariate, future covariate, known since; the 2nd was corrected on the 5th.
ROWS = [
    (1, 1.0, 10.0, 100.0, "2024-01-02T06:00:00Z"),
    (2, 2.0, 20.0, 200.0, "2024-01-03T06:00:00Z"),
    (2, 2.5, 25.0, 250.0, "2024-01-05T06:00:00Z"),
    (3, 3.0, 30.0, 300.0, "2024-01-04T06:00:00Z"),
    (4, NAN, NAN, 400.0, "2024-01-05T07:00:00Z"),
    (5, NAN, NAN, 500.0, "2024-01-01T07:00:00Z"),
]


def read(as_of: str, **source: Any) -> Panel:
    settings = {"path": "x.csv", "time": "ds", "targets": ["y"], "known_at": "known"} | source
    settings |= {"past_covariates": ["p"], "future_covariates": ["f"], "future_gaps": "carry"}
    pipeline = Pipeline.model_validate({"name": "p", "horizon": 2, "frequency": "D", "source": settings})
    names = ("ds", "y", "p", "f", "known")
    columns: dict[str, Any] = dict(zip(names, zip(*ROWS, strict=True), strict=True))
    columns["ds"] = [date(2024, 1, day) for day in columns["ds"]]
    table = pa.table({name: pa.array(column) for name, column in columns.items()})
    return assemble(SourceRows(table), PanelSettings.of(pipeline), at(as_of))[0]


def test_targets_and_covariates_are_those_of_a_run_at_that_moment() -> None:
    """Law: up to the older run's cutoff the replayed panel is what that run read, future covariates to its horizon.

    On the 4th at 12:00 the cutoff is the 3rd: the 2nd is not corrected yet, and of the future covariate the 4th is
    not known, so that it is carried, while the 5th was known from the first.
    """
    panel = read("2024-01-06T12:00")
    replayed = as_known_at(panel, at("2024-01-04T12:00"))
    older = read("2024-01-04T12:00")
    np.testing.assert_array_equal(replayed.targets[:3], older.targets[:3])
    np.testing.assert_array_equal(replayed.past[:3], older.past[:3])
    np.testing.assert_array_equal(replayed.future[:5], older.future[:5])
    assert replayed.targets[:3, 0].tolist() == [1.0, 2.0, 3.0]
    assert replayed.future[:5, 0].tolist() == [100.0, 200.0, 300.0, 300.0, 500.0]
    assert panel.targets[1, 0] == 2.5  # the panel itself is as it was
    assert replayed.versions is None


def test_what_was_not_known_yet_is_missing() -> None:
    """On the 3rd at noon only the first two days were known."""
    replayed = as_known_at(read("2024-01-06T12:00"), at("2024-01-03T12:00"))
    np.testing.assert_array_equal(replayed.targets[:4, 0], [1.0, 2.0, NAN, NAN])
    np.testing.assert_array_equal(replayed.past[:4, 0], [10.0, 20.0, NAN, NAN])


def test_where_absent_rows_mean_zero_a_row_that_came_late_was_a_zero_and_the_open_end_was_unknown() -> None:
    """Law: the replayed panel is that of a run at that moment, so neither a hole nor a zero tells what came later.

    On the 5th at noon the 2nd had not come (it was to come on the 6th), and neither had the 4th: the 3rd has no row.
    """
    rows = [(1, 1.0, "2024-01-02"), (2, 2.0, "2024-01-06"), (3, 3.0, "2024-01-04"), (5, 5.0, "2024-01-06")]
    table = pa.table(
        {
            "ds": [date(2024, 1, day) for day, _, _ in rows],
            "y": [value for _, value, _ in rows],
            "known": [f"{day}T06:00:00Z" for _, _, day in rows],
        }
    )
    source = {"path": "x.csv", "time": "ds", "targets": ["y"], "known_at": "known", "gaps": "zero"}
    pipeline = Pipeline.model_validate({"name": "p", "horizon": 2, "frequency": "D", "source": source})

    def read(as_of: str) -> Panel:
        return assemble(SourceRows(table), PanelSettings.of(pipeline), at(as_of))[0]

    panel = read("2024-01-06T12:00")
    assert panel.targets[:5, 0].tolist() == [1.0, 2.0, 3.0, 0.0, 5.0]
    replayed = as_known_at(panel, at("2024-01-05T12:00"))
    np.testing.assert_array_equal(replayed.targets[:5, 0], [1.0, 0.0, 3.0, NAN, NAN])
    np.testing.assert_array_equal(replayed.targets[:4], read("2024-01-05T12:00").targets[:4])


def test_a_panel_without_versions_is_answered_as_it_is() -> None:
    panel = make_panel({"a": [1.0, 2.0]}, horizon=1, cutoff=1)
    assert as_known_at(panel, at("2024-01-01T00:00")) is panel


def test_versions_of_two_tables_are_joined_as_the_panel_joins_them() -> None:
    """The source's own value says more, where it was known; the table of future covariates fills what it lacks.

    Steps 0 to 2. The source tells f of step 0 since 10, of step 1 since 30; the other table all of them since 20.
    """
    panel = make_panel(
        {"a": [1.0, 2.0]}, horizon=1, cutoff=1, future=np.array([[1.0], [2.0], [9.0]]), future_names=("f",)
    )
    own = pa.table({"step": [0, 1], "known_at": [10, 30], "f": [1.0, 2.0]})
    other = pa.table({"step": [0, 1, 2], "known_at": [20, 20, 20], "f": [7.0, 8.0, 9.0]})
    panel = panel.with_versions({"source": own, "future": other})
    assert as_known_at(panel, 25).future[:, 0].tolist() == [1.0, 8.0, 9.0]
    assert as_known_at(panel, 30).future[:, 0].tolist() == [1.0, 2.0, 9.0]
    assert as_known_at(panel, 10).future[:, 0].tolist() == [1.0, 1.0, 1.0]  # carried


def test_versions_come_back_from_their_table() -> None:
    """Two tables of different columns in one, and apart again."""
    own = pa.table({"step": [0, 1], "known_at": [10, 30], "y": [1.0, 2.0]})
    other = pa.table({"step": [0], "known_at": [20], "f": [7.0]})
    back = versions_of(vintages_table({"source": own, "future": other}))
    assert {name: table.to_pydict() for name, table in back.items()} == {
        "source": own.to_pydict(),
        "future": other.to_pydict(),
    }


@pytest.mark.parametrize(
    ("alias", "cutoff", "as_of", "origin", "expected"),
    [
        ("h", "2024-03-10T05:00Z", "2024-03-10T06:30", "2024-03-09T05:00Z", "2024-03-09T06:30"),
        ("D", "2024-03-09", "2024-03-10T06:00", "2024-03-01", "2024-03-02T06:00"),
        ("MS", "2024-02-01", "2024-03-03T06:00", "2023-11-01", "2023-12-03T06:00"),
        ("ME", "2024-02-29", "2024-03-03T06:00", "2023-11-30", "2023-12-03T06:00"),
        ("B", "2024-03-08", "2024-03-11T06:00", "2024-03-06", "2024-03-07T06:00"),
    ],
)
def test_an_origin_is_as_long_before_its_run_as_the_cutoff_before_this_one(
    alias: str, cutoff: str, as_of: str, origin: str, expected: str
) -> None:
    """By hand, of the calendar: the same hour of the day after, or of the same day after the month."""
    grid = parse_frequency(alias)
    panel = make_panel({"a": [1.0]}, horizon=1, cutoff=grid.ordinal_of_text(cutoff), frequency=grid)
    assert moment_of(panel, grid.ordinal_of_text(origin), at(as_of)) == at(expected)


def test_a_run_at_six_is_replayed_at_six_though_the_clocks_changed() -> None:
    """New York's clocks went forward on 2024-03-10: 06:00 is 10:00 UTC after, and 11:00 UTC before."""
    grid = parse_frequency("D")
    panel = make_panel({"a": [1.0]}, horizon=1, cutoff=grid.ordinal_of_text("2024-03-11"), frequency=grid)
    panel = replace(panel, time_zone="America/New_York")
    assert moment_of(panel, grid.ordinal_of_text("2024-03-08"), at("2024-03-12T10:00")) == at("2024-03-09T11:00")


def test_without_a_run_an_origin_is_replayed_when_its_period_had_ended() -> None:
    """Midnight after the day or the month, the full hour after the hour, the step after the step."""
    cases = {"D": ("2024-03-09", at("2024-03-09T00:00")), "h": ("2024-03-09T05:00Z", at("2024-03-09T05:00"))}
    cases["ME"] = ("2024-02-29", at("2024-02-01T00:00"))
    for alias, (cutoff, expected) in cases.items():
        grid = parse_frequency(alias)
        ordinal = grid.ordinal_of_text(cutoff)
        panel = make_panel({"a": [1.0]}, horizon=1, cutoff=ordinal, frequency=grid)
        assert moment_of(panel, ordinal - 1, None) == expected
    steps = make_panel({"a": [1.0]}, horizon=1, cutoff=7, frequency=parse_frequency("1"))
    assert moment_of(steps, 5, None) == 6
    assert moment_of(steps, 5, 8) == 6


def test_steps_tell_no_time_where_the_run_is_named_by_a_moment() -> None:
    """All that is known now counts then."""
    steps = make_panel({"a": [1.0]}, horizon=1, cutoff=7, frequency=parse_frequency("1"))
    assert moment_of(steps, 5, at("2024-01-01T00:00")) == at("2024-01-01T00:00")
