"""What could not be published is refused before anything is trained."""

import pytest
from nights import forecast_rows, publish_night, run_key
from stories import story_panel

from lstm.config import Pipeline
from lstm.data.panel.arrow import panel_tables
from lstm.errors import StoreError
from lstm.steps.forecast import check_ledger
from lstm.steps.job import Job
from lstm.storage.ledger.ledger import Ledger
from lstm.storage.store.database import open_store, store_url


def job_of(tmp_path, **changes):
    """A run that has read its panel: daily series with text ids."""
    source = {"path": "t.csv", "series": ["id"], "time": "day", "targets": ["y"]}
    pipeline = Pipeline.model_validate({"name": "small", "horizon": 14, "source": source} | changes)
    job = Job(pipeline=pipeline, home=str(tmp_path), key=run_key())
    job.run_store().write_tables("panel.parquet", panel_tables(story_panel(["EWR", "JFK"])))
    return job


def test_a_table_that_is_not_there_yet_is_fine_and_is_not_made(tmp_path):
    """An empty table of a first run that goes wrong would be in the way of the second."""
    job = job_of(tmp_path)
    check_ledger(job)
    assert job.ledger().layout() is None


@pytest.mark.parametrize(
    ("changes", "rows", "message"),
    [
        ({}, forecast_rows(ids=[7]), r"id \(integer\), this pipeline's are id \(text\)"),
        ({}, forecast_rows(key="name"), r"series keys are name \(text\), this pipeline's are id \(text\)"),
        ({"quantile_levels": [0.25, 0.5, 0.75]}, forecast_rows(), r"levels are q10, q50, q90, this pipeline's are q25"),
    ],
)
def test_a_table_of_other_keys_types_or_levels_is_refused(tmp_path, changes, rows, message):
    """The message says what differs, and which setting gives the pipeline a table of its own."""
    job = job_of(tmp_path, **changes)
    store = open_store(store_url(job.pipeline.store, tmp_path))
    publish_night(store, rows)
    store.dispose()
    with pytest.raises(StoreError, match=message + r".*store\.forecasts_table"):
        check_ledger(job)


def test_a_table_that_fits_is_fine(tmp_path):
    """The same keys, grid and levels."""
    job = job_of(tmp_path)
    store = open_store(store_url(job.pipeline.store, tmp_path))
    publish_night(store, forecast_rows())
    assert Ledger(store).layout() is not None
    store.dispose()
    check_ledger(job)
