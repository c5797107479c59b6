"""The step that explains a night: what it leaves, and that its failure costs nothing else."""

import json
from pathlib import Path

import numpy as np
import pytest
from planned_nights import job_of
from sqlalchemy import select

from lstm.references import ExplanationRef, ForecastRef, PanelRef, Verdict
from lstm.steps.after import explain as module
from lstm.steps.after.explain import (
    CONTRIBUTIONS_FILE,
    ROWS_FILE,
    WATERFALL_FILE,
    explain,
)
from lstm.steps.job import Job
from lstm.steps.night import night
from lstm.storage.registry.prune import prune
from lstm.storage.sql.connections import transaction
from lstm.storage.store.schema import explanations
from runs import edited

GROUPS = {"level", "trend", "recent movement", "plan", "calendar"}


def again(job: Job) -> ExplanationRef:
    """The step, done for the night as it lies there."""
    store = job.run_store()
    outputs = [store.manifest(step) for step in ("ingest", "forecast")]
    panel, rows = (manifest.output for manifest in outputs if manifest is not None)
    verdict = job.registry().verdict(job.key.run_id)
    assert isinstance(verdict, Verdict)
    return explain(job, PanelRef.model_validate(panel), verdict, ForecastRef.model_validate(rows))


def stored(job: Job) -> list[tuple[object, ...]]:
    """(position, series, step, group, contribution, usual, forecast) of the night's rows in the store."""
    names = ("position", "series", "step", "group_name", "contribution", "usual", "forecast")
    query = select(*(explanations.c[name] for name in names)).where(explanations.c.run_id == job.key.run_id)
    with transaction(job.engine()) as connection:
        return [tuple(row) for row in connection.execute(query.order_by(explanations.c.position))]


def test_a_night_explains_every_published_forecast(pipeline: Path) -> None:
    """Law: usual and contributions are the published median, to 1e-6, in the file and in the store."""
    job = job_of(pipeline)
    rows = job.run_store().read_table(ROWS_FILE).to_pandas()
    sums = rows.groupby(["shop", "item", "step"]).agg({"contribution": "sum", "usual": "first", "forecast": "first"})
    np.testing.assert_allclose(sums["usual"] + sums["contribution"], sums["forecast"], atol=1e-6)
    published = job.ledger().run_rows(job.key.run_id).to_pandas().set_index(["shop", "item", "step"])["forecast"]
    np.testing.assert_allclose(sums["forecast"], published.loc[sums.index], atol=1e-9)
    assert len(sums) == 3 * 7
    assert set(rows["group"]) == GROUPS
    kept = stored(job)
    assert [row[3] for row in kept] == rows["group"].tolist()
    np.testing.assert_allclose([row[4] for row in kept], rows["contribution"])  # type: ignore[arg-type]
    assert kept[0][1] == "a/1"


def test_the_page_says_that_the_plan_moves_tomorrow(pipeline: Path) -> None:
    """22 are planned, ten were usual: a reader of the report learns that it is the plan, with its pictures."""
    job = job_of(pipeline)
    page = job.run_store().read_bytes("report.html")
    assert page is not None
    text = page.decode()
    section = text[text.index("What moves the forecasts") : text.index("<h2>Gates</h2>")]
    assert "Forecasts of y differ from usual most of all by plan (" in section
    assert "On Tuesday 2024-04-30 the forecast of y for" in section
    assert "plan adds" in section
    assert "Usual is what the same model forecasts from the series&#39; own earlier windows" in section
    assert section.count("data:image/png") == 2
    for name in (WATERFALL_FILE, CONTRIBUTIONS_FILE):
        assert job.run_store().read_bytes(name) is not None


def test_a_step_that_is_done_is_not_done_again(pipeline: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Law: the run store is asked first; other settings make it anew."""
    job = job_of(pipeline)
    before = again(job)

    def refuse(*_: object) -> None:
        raise AssertionError("done again")

    monkeypatch.setattr(module, "_explain", refuse)
    assert again(job) == before
    edited(pipeline, "[evaluation]", "[explain]\nwindows = 2\n\n[evaluation]")
    assert "done again" in again(job_of(pipeline)).failure


def test_doing_it_twice_leaves_the_same_rows(pipeline: Path) -> None:
    """Law: idempotent, also where a kill came between the rows and the manifest."""
    job = job_of(pipeline)
    before = stored(job)
    job.run_store().forget("explain")
    again(job)
    assert stored(job) == before


def test_of_more_series_than_windows_a_sample_is_explained(pipeline: Path) -> None:
    """Two of three, by the seed, and the page says so."""
    edited(pipeline, "[evaluation]", "[explain]\nwindows = 2\n\n[evaluation]")
    job = job_of(pipeline)
    assert again(job).rows == 2 * 7 * len(GROUPS)
    text = json.loads(job.run_store().read_bytes("explanation.json") or b"")
    assert "Explained are 2 of 3 series, drawn by chance with the seed 1." in text["notes"]


def test_the_store_gets_an_even_spread_of_very_many_rows(pipeline: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The rows of three series where those of two and a bit are let in: those of two; the file has all."""
    monkeypatch.setattr(module, "MOST_ROWS", 16 * len(GROUPS))
    job = job_of(pipeline)
    job.run_store().forget("explain")
    assert again(job).rows == 3 * 7 * len(GROUPS)
    assert {row[1] for row in stored(job)} == {"a/1", "b/1"}


def test_a_failure_is_said_in_the_report_and_costs_nothing_else(
    pipeline: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Law: the night is published, the report is written, and both say nothing wrong."""

    def fail(*_: object, **__: object) -> None:
        raise ValueError("no such thing")

    monkeypatch.setattr(module, "explained", fail)
    job_of(pipeline).run_store().forget("explain")
    outcome = night(str(pipeline), "2024-04-30")
    assert outcome.exit_code in (0, 3)
    store = job_of(pipeline).run_store()
    assert b"The explanation of the forecasts failed: ValueError: no such thing" in (
        store.read_bytes("report.html") or b""
    )
    assert store.read_bytes(ROWS_FILE) is None
    assert store.read_bytes(WATERFALL_FILE) is None


def test_a_pipeline_may_do_without(pipeline: Path) -> None:
    """`explain.enabled = false`: no rows, no words, no section, and no failure."""
    edited(pipeline, "[evaluation]", "[explain]\nenabled = false\n\n[evaluation]")
    assert night(str(pipeline), "2024-04-30").exit_code in (0, 3)
    store = job_of(pipeline).run_store()
    assert store.read_bytes(ROWS_FILE) is None
    assert b"What moves the forecasts" not in (store.read_bytes("report.html") or b"")


def test_a_night_that_the_seasonal_naive_serves_is_explained_as_that(pipeline: Path) -> None:
    """A run without training, whose folder of models is gone: level and week are all there is."""
    for folder in (pipeline.parent / "store" / "runs").iterdir():
        (folder / "model" / "weights.safetensors").unlink()
    outcome = night(str(pipeline), "2024-04-30", kind="forecast")
    assert outcome.exit_code in (0, 3), outcome.sentence
    rows = job_of(pipeline, "forecast").run_store().read_table(ROWS_FILE).to_pandas()
    assert set(rows["group"]) == {"level", "weekly pattern"}
    sums = rows.groupby(["shop", "item", "step"]).agg({"contribution": "sum", "usual": "first", "forecast": "first"})
    np.testing.assert_allclose(sums["usual"] + sums["contribution"], sums["forecast"], atol=1e-6)


def test_a_dry_run_is_explained_in_its_folder_only(pipeline: Path) -> None:
    """Law: it leaves everything as it is."""
    outcome = night(str(pipeline), "2024-04-30", kind="forecast", dry_run=True)
    assert outcome.exit_code in (0, 3), outcome.sentence
    job = job_of(pipeline, "dry-forecast")
    assert len(job.run_store().read_table(ROWS_FILE)) == 3 * 7 * len(GROUPS)
    assert stored(job) == []


def test_the_rows_go_with_the_folder_of_their_run(pipeline: Path) -> None:
    """Law: pruned together."""
    job = job_of(pipeline)
    night(str(pipeline), "2024-04-30", kind="forecast")
    other = job_of(pipeline, "forecast")
    assert stored(other)
    removed = prune(job.engine(), "planned", 0, lambda run_id: True)
    assert other.key.run_id in removed
    assert stored(other) == []
