"""The monitor of a past day knows no more than that day did; a store on disk, no Prefect server."""

from datetime import date, timedelta
from pathlib import Path

import pyarrow as pa
import pytest
from nights import CONTRACT, NOW, forecast_rows, keep, model_ref, publish_night, run_key, verdict_of
from present import present

from lstm.config import Pipeline
from lstm.references import MethodScores, RunKey
from lstm.steps.assess import assess
from lstm.steps.job import Job
from lstm.storage.registry.lease import lease

CHAMPIONS = {date(2024, 4, 1): 0.5, date(2024, 4, 11): 0.25}  # cutoff of a retrain, and the MASE that it promised
SETTINGS = {"fewest_origins": 2, "fewest_points": 4, "recent_days": 5}


def job_of(home: Path, day: date) -> Job:
    source = {"path": "observations.csv", "series": ["id"], "time": "day", "targets": ["y"]}
    settings = {"name": "small", "horizon": 2, "frequency": "D", "source": source, "monitor": SETTINGS}
    key = RunKey(pipeline="small", kind="monitor", as_of=f"{day}T00:00:00Z")
    return Job(pipeline=Pipeline.model_validate(settings), home=str(home), key=key)


def retrained(job: Job, cutoff: date, promised: float) -> None:
    """A run trains a version, promotes it, publishes its forecast of that day, and leaves its verdict with scores."""
    key, registry = run_key(cutoff), job.registry()
    with lease(job.engine(), key, owner="test", now=lambda: NOW):
        pass
    champion = registry.champion("small")
    judged = champion.version if champion is not None else None
    version = registry.register_model("small", key.run_id, model_ref(key.run_id), CONTRACT, {}, NOW)
    publish_night(job.engine(), rows_by(version, cutoff), key=key, judged=judged, challenger=version)
    scores = tuple(
        MethodScores(method=method, points=9, mae=1, rmse=1, smape=1, mase=promised, wql=1, coverage=0.8)
        for method in ("challenger", "baseline:naive")
    )
    keep(registry.engine, verdict_of(key.run_id).model_copy(update={"scores": scores}))


def forecast(job: Job, cutoff: date) -> None:
    """The champion's forecast of a night without training."""
    key, champion = run_key(cutoff, "forecast"), present(job.registry().champion("small"))
    with lease(job.engine(), key, owner="test", now=lambda: NOW):
        pass
    publish_night(job.engine(), rows_by(champion.version, cutoff), key=key, judged=champion.version)


def rows_by(version: int, cutoff: date) -> pa.Table:
    rows = forecast_rows(cutoff)
    versions = pa.array([version] * len(rows), pa.int32())
    return rows.set_column(rows.column_names.index("model_version"), "model_version", versions)


@pytest.fixture
def two_retrains(tmp_path: Path) -> Path:
    """v1 of 1 April, which serves until v2 of 11 April is promoted; all that ran on one day in May."""
    days = [date(2024, 3, 1) + timedelta(days=day) for day in range(60)]
    lines = [f"{name},{day},{100 + day.day % 3}" for name in ("A", "B") for day in days]
    (tmp_path / "observations.csv").write_text("\n".join(["id,day,y", *lines]) + "\n")
    job = job_of(tmp_path, date(2024, 4, 15))
    for cutoff, promised in CHAMPIONS.items():
        retrained(job, cutoff, promised)
        for day in (1, 2, 3):
            forecast(job, cutoff + timedelta(days=day))
    return tmp_path


def test_a_monitor_of_a_past_day_judges_who_was_champion_then_by_what_was_promised_then(two_retrains):
    """Law: what a later run trained, promoted, published or promised does not exist for a monitor of an older one."""
    early = assess(job_of(two_retrains, date(2024, 4, 9)))
    assert early.judged == "v1"
    assert {line.label for line in early.models} == {"everything that was served", "v1"}
    assert early.checks[0].reference == 0.5
    late = assess(job_of(two_retrains, date(2024, 4, 20)))
    assert late.judged == "v2"
    assert late.checks[0].reference == 0.25
