"""Why tonight changed, on real nights: what is revised and what is planned anew each land in their own part."""

import shutil
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from flows.forecast import forecast
from flows.retrain import retrain
from flows.runs.ending import outcome_of
from lstm.config import load_pipeline
from lstm.references import Outcome, RunKey
from lstm.steps.champions.last_night import Compared, compare_with_last_night
from lstm.steps.ingest import load_panel
from lstm.steps.job import Job
from lstm.storage.runs.run_folder import RunStore

DAYS = pd.date_range("2024-01-01", "2024-05-10").strftime("%Y-%m-%d")


@pytest.fixture
def planned(small: Path) -> Path:
    """The small pipeline with a plan, known ahead, that half of each value follows; observed up to 2024-04-29."""
    random = np.random.default_rng(0)
    frames = []
    for name, level in (("a", 100.0), ("b", 50.0), ("c", 30.0)):
        plan = random.integers(0, 20, len(DAYS))
        observed = np.where(DAYS <= "2024-04-29", level + 0.5 * plan + random.normal(0, 0.3, len(DAYS)), np.nan)
        frames.append(pd.DataFrame({"id": name, "day": DAYS, "plan": plan, "y": observed}))
    pd.concat(frames).to_csv(small.parent / "observations.csv", index=False)
    small.write_text(
        small.read_text().replace('targets = ["y"]', 'targets = ["y"]\nfuture_covariates = ["plan"]'), encoding="utf-8"
    )
    return small


def edit(pipeline: Path, name: str, day: str, column: str, value: float) -> None:
    path = pipeline.parent / "observations.csv"
    table = pd.read_csv(path)
    table[column] = table[column].astype(float)
    table.loc[(table["id"] == name) & (table["day"] == day), column] = value
    table.to_csv(path, index=False)


def night(pipeline: Path, kind: str, as_of: str) -> Outcome:
    flow = {"retrain": retrain, "forecast": forecast}[kind]
    outcome = outcome_of(flow(pipeline=str(pipeline), as_of=as_of, return_state=True))
    assert outcome.exit_code in (0, 3), outcome.sentence
    return outcome


def compared(pipeline: Path, kind: str, as_of: str) -> Compared:
    """What the report of a finished run says it changed by."""
    settings = load_pipeline(pipeline)
    key = RunKey(pipeline=settings.name, kind=kind, as_of=f"{as_of}T00:00:00Z")
    job = Job(pipeline=settings, home=str(pipeline.parent), key=key)
    store = job.run_store()
    return compare_with_last_night(job, load_panel(store), store.read_table("forecast.parquet"))


def serves(pipeline: Path, version: int) -> None:
    """A version becomes champion by a person's word; what the gates think of it is not what is tried here."""
    settings = load_pipeline(pipeline)
    key = RunKey(pipeline=settings.name, kind="forecast", as_of="2024-04-28T00:00:00Z")
    registry = Job(pipeline=settings, home=str(pipeline.parent), key=key).registry()
    registry.set_champion(settings.name, version, who="test", why="to have one", now=datetime.now(UTC))


@pytest.mark.slow
def test_a_revised_value_and_a_changed_plan_land_in_their_own_parts(planned: Path) -> None:
    """One model, three nights. A value of `a` is revised, then the plan of `b` for a day ahead, then the model changes.

    Between the nights a day passes, so that new data move every series a little.
    """
    night(planned, "retrain", "2024-04-26")
    serves(planned, 1)
    night(planned, "forecast", "2024-04-27")
    edit(planned, "a", "2024-04-26", "y", 150.0)
    edit(planned, "b", "2024-05-02", "plan", 200.0)
    outcome = night(planned, "forecast", "2024-04-28")
    change = compared(planned, "forecast", "2024-04-28").change
    assert change is not None
    assert (change.steps, change.revised, change.unknown, change.together) == (6, 1, (), "")
    parts, known = change.parts, slice(0, 6)
    a, b, c = 0, 1, 2
    np.testing.assert_allclose(
        (parts.data + parts.covariates + parts.model)[:, known], change.total[:, known], atol=1e-9
    )
    assert np.abs(parts.model[:, known]).max() < 1e-3, "the same model made both nights"
    assert np.abs(parts.covariates[[a, c], known]).max() == 0.0
    assert np.abs(parts.covariates[b, known]).max() > 5.0
    assert np.abs(parts.data[a, known]).mean() > 10 * np.abs(parts.data[c, known]).mean()
    folder = planned.parent / "store" / "runs" / outcome.run_id
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert "Why tonight changed" in page
    assert "1 observed values that last night read have been revised" in page

    night(planned, "retrain", "2024-04-28")
    serves(planned, 2)
    night(planned, "forecast", "2024-04-29")
    change = compared(planned, "forecast", "2024-04-29").change
    assert change is not None
    assert np.abs(change.parts.model[:, known]).max() > 1e-3
    assert (change.last.makers[0].version, change.tonight.makers[0].version) == (1, 2)

    last = RunStore(str(planned.parent / "store" / "runs"), change.run_id)
    last.remove("panel.parquet")
    blind = compared(planned, "forecast", "2024-04-29").change
    assert blind is not None
    assert blind.together == f"the panel of {change.run_id} is gone"
    np.testing.assert_allclose(
        blind.parts.data[:, known], (change.parts.data + change.parts.covariates)[:, known], atol=1e-4
    )
    shutil.rmtree(planned.parent / "store" / "runs" / "small.retrain.20240426T000000Z" / "model")
    wordless = compared(planned, "forecast", "2024-04-29").change
    assert wordless is not None
    assert np.isnan(wordless.parts.data).all()
    assert "is missing or incomplete" in wordless.unknown[0][0]
    assert wordless.steps == 6


def test_the_first_night_has_nothing_to_compare_with_and_a_gap_too_long_says_so(small: Path) -> None:
    """Seven days ahead, then nothing for eight: the forecast before ends where the next one begins."""
    first = night(small, "forecast", "2024-04-10")
    assert compared(small, "forecast", "2024-04-10") == Compared()
    runs = small.parent / "store" / "runs"
    assert "Why tonight changed" not in (runs / first.run_id / "report.html").read_text(encoding="utf-8")
    later = night(small, "forecast", "2024-04-17")
    found = compared(small, "forecast", "2024-04-17")
    assert found.change is None
    assert "of the cutoff 2024-04-09, does not reach 2024-04-17" in found.note
    assert found.previous is not None
    assert "does not reach 2024-04-17" in (runs / later.run_id / "report.html").read_text(encoding="utf-8")


def test_a_comparison_that_fails_does_not_cost_the_report(small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is told in its place."""
    night(small, "forecast", "2024-04-10")

    def broken(*_: object) -> Compared:
        raise ValueError("no such luck")

    monkeypatch.setattr("lstm.steps.run_report.compare_with_last_night", broken)
    outcome = night(small, "forecast", "2024-04-11")
    page = (small.parent / "store" / "runs" / outcome.run_id / "report.html").read_text(encoding="utf-8")
    assert "The comparison with last night failed: no such luck" in page


def test_the_command_why_prints_what_the_report_says(small: Path) -> None:
    """Of the current run, or of a moment; a run without a night before says what is the matter.

    A seasonal naive forecast of the same week is the same the day after.
    """
    from typer.testing import CliRunner

    from flows.cli.app import app

    night(small, "forecast", "2024-04-10")
    outcome = night(small, "forecast", "2024-04-11")
    shown = CliRunner().invoke(app, ["why", str(small)])
    assert shown.exit_code == 0, shown.output
    assert outcome.run_id in shown.output
    assert "Tonight's forecasts for the 6 days that last night's (cutoff 2024-04-09) also cover" in shown.output
    assert "also cover did not move." in " ".join(shown.output.split())
    same = CliRunner().invoke(app, ["why", str(small), "--as-of", "2024-04-11"])
    assert same.output == shown.output
    first = CliRunner().invoke(app, ["why", str(small), "--as-of", "2024-04-10"])
    assert first.exit_code != 0
    assert "was compared with no forecast before it" in str(first.exception)
