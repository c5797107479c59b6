"""Both examples end to end, shortened, each on a database of its own."""

import runpy
import shutil
from pathlib import Path

import pyarrow.compute as pc
import pytest

from flows.runs.ending import outcome_of
from lstm.config import load_pipeline
from lstm.storage.ledger.ledger import Ledger
from lstm.storage.registry.registry import Registry
from lstm.storage.runs.run_folder import RunStore
from lstm.storage.store.database import open_store, store_url
from pages import ROOT

EXAMPLES = ROOT / "examples"


@pytest.fixture
def example(tmp_path: Path, prefect_server):
    """Copies an example and shortens its training; answers the pipeline file."""

    def copy(name: str, shorter: str) -> Path:
        folder = tmp_path / name
        shutil.copytree(EXAMPLES / name, folder, ignore=shutil.ignore_patterns("store", "*.db"))
        pipeline = folder / "pipeline.toml"
        pipeline.write_text(pipeline.read_text(encoding="utf-8") + shorter, encoding="utf-8")
        return pipeline

    return copy


def run(pipeline: Path, as_of: str):
    from flows.retrain import retrain

    outcome = outcome_of(retrain(pipeline=str(pipeline), as_of=as_of, return_state=True))
    assert outcome.exit_code == 0, outcome.sentence
    settings = load_pipeline(pipeline)
    engine = open_store(store_url(settings.store, pipeline.parent))
    rows = Ledger(engine).run_rows(outcome.run_id)
    return rows, Registry(engine).verdict(outcome.run_id), RunStore(f"{pipeline.parent}/store/runs", outcome.run_id)


def mase(verdict, method: str) -> float:
    return float(next(score.mase for score in verdict.scores if score.method == method))


def test_the_weather_is_forecast_for_every_airport_and_target(example):
    """Three airports, three targets, 24 hours; all contestants on the same points, and better than the baselines."""
    pipeline = example(
        "nyc-weather",
        "\n[training]\nmax_epochs = 2\nepoch_steps = 10\nrefit = false\nthreads = 1\n\n[model]\nlook_back = 72\n",
    )
    rows, verdict, folder = run(pipeline, "2013-12-30")
    assert len(rows) == 3 * 3 * 24
    assert set(rows["method"].to_pylist()) == {"champion"}
    first, last = pc.min(rows["time"]).as_py(), pc.max(rows["time"]).as_py()
    # Midnight of 30 December in New York is 05:00 UTC, and a row is stamped with the start of its hour.
    assert (first.isoformat(), last.isoformat()) == ("2013-12-30T05:00:00+00:00", "2013-12-31T04:00:00+00:00")
    assert verdict.promote
    assert len({score.points for score in verdict.scores}) == 1
    assert verdict.origins == 14
    assert mase(verdict, "challenger") < 0.95 * mase(verdict, "baseline:naive")
    panel = folder.read_table("panel.parquet")
    assert pc.sum(pc.is_null(panel["pressure"], nan_is_null=True)).as_py() > 2_700  # filled for the network only


def test_departures_follow_the_schedule_that_is_known_ahead(example):
    """35 series from SQLite through SQLAlchemy; MASE was 3.3 for ridge without the covariate and 0.92 with it."""
    pipeline = example("departures", "\n[training]\nmax_epochs = 4\nepoch_steps = 20\nrefit = false\nthreads = 1\n")
    runpy.run_path(str(pipeline.parent / "make_database.py"), run_name="__main__")
    rows, verdict, _ = run(pipeline, "2013-12-17")
    assert len(rows) == 35 * 14
    assert {(row["origin"], row["carrier"]) for row in rows.to_pylist()} >= {("EWR", "OO"), ("JFK", "B6")}
    assert pc.min(rows["q10"]).as_py() >= 0
    assert mase(verdict, "challenger") < 0.92
    assert mase(verdict, "baseline:seasonal_naive") > 3
