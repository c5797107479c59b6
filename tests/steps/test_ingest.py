"""What ingest left is read once a process and run, and never as something else than what lies there."""

from datetime import date

import numpy as np
import pytest
from nights import run_key

from lstm.config import Pipeline
from lstm.steps.ingest import forget_panels, ingest, last_end, load_panel
from lstm.steps.job import Job
from lstm.storage.runs.run_folder import RunStore

TABLE = "id,day,y\n" + "".join(f"a,2024-01-{day:02d},{day}\n" for day in range(1, 31))


def job_of(folder, table=TABLE, **settings):
    """A run as of the last of January over a daily table of one series."""
    (folder / "t.csv").write_text(table, encoding="utf-8")
    source = {"path": "t.csv", "series": ["id"], "time": "day", "targets": ["y"]}
    settings = {"name": "small", "horizon": 2, "frequency": "D", "source": source} | settings
    return Job(pipeline=Pipeline.model_validate(settings), home=str(folder), key=run_key(date(2024, 1, 30)))


@pytest.fixture
def read(monkeypatch):
    """Names of the tables that were read from run folders."""
    names, read_tables = [], RunStore.read_tables

    def counted(store, name):
        names.append(name)
        return read_tables(store, name)

    monkeypatch.setattr(RunStore, "read_tables", counted)
    forget_panels()
    return names


def test_the_panel_is_read_once_though_seven_steps_ask_for_it(tmp_path, read):
    job = job_of(tmp_path)
    ingest(job, since=None)
    panels = [load_panel(job.run_store()) for _ in range(7)]
    assert read == ["panel.parquet"]
    assert all(panel is panels[0] for panel in panels)


def test_a_panel_that_was_read_anew_is_another_one(tmp_path, read):
    """Law: the content decides, not the name: a run that is started again sees the new table."""
    job = job_of(tmp_path)
    ingest(job, since=None)
    before = load_panel(job.run_store())
    ingest(job_of(tmp_path, TABLE.replace("a,2024-01-30,30", "a,2024-01-30,300")), since="again")
    after = load_panel(job.run_store())
    assert (np.nanmax(before.targets), np.nanmax(after.targets)) == (30, 300)
    assert read == ["panel.parquet", "panel.parquet"]


def test_a_run_that_was_interrupted_reads_its_source_once(tmp_path):
    """Its panel stands, though the table has changed in the meantime; nobody has told that the run ended."""
    job = job_of(tmp_path)
    first = ingest(job, since=last_end(job))
    (tmp_path / "t.csv").write_text(TABLE.replace(",30\n", ",31\n"), encoding="utf-8")
    assert ingest(job, since=last_end(job)) == first
