"""From rows to the panel. Every table is small enough to work the panel out by hand."""

from datetime import timedelta

import pyarrow as pa
import pytest
from ingested import THREE_DAYS, assemble, at, history, pipeline, table

from lstm.data.ingest import assemble as observations
from lstm.data.ingest.panel_settings import PanelSettings
from lstm.data.rows.source_rows import SourceRows
from lstm.errors import ConfigError, DataError


def test_a_table_that_ends_early_is_bridged_and_said() -> None:
    panel, report = assemble(table(THREE_DAYS), pipeline(), at("2024-01-06"))
    assert history(panel) == [1.0, 2.0, 3.0, None, None, None, None]
    assert "the table ends 2 steps before the cutoff; models forecast from its end" in report.warnings
    _, a_day_late = assemble(table(THREE_DAYS), pipeline(), at("2024-01-05"))
    assert "the table ends 1 step before the cutoff; models forecast from its end" in a_day_late.warnings


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


def test_a_covariate_may_not_take_a_name_of_the_calendar() -> None:
    settings = pipeline(source={"future_covariates": ["calendar:holiday"]})
    with pytest.raises(ConfigError, match="names that begin with 'calendar:' belong to the calendar"):
        assemble(table(THREE_DAYS), settings, at("2024-01-04"))


def test_notes_of_the_source_reach_the_report() -> None:
    noted = SourceRows(table(THREE_DAYS), blank=2, notes=("read with care",))
    _, report = observations.assemble(noted, PanelSettings.of(pipeline()), at("2024-01-04"))
    assert (report.rows_read, report.notes) == (5, ("read with care",))
