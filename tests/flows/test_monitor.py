"""The monitor on a small pipeline: what it keeps, when it raises the alarm, and what it does then."""

import json
import re
import time
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from present import present

from flows.ad_hoc import ad_hoc
from flows.runs.ending import outcome_of
from lstm.config import load_pipeline
from lstm.references import Outcome
from lstm.storage.actuals.realised_table import RealisedForecasts
from lstm.storage.ledger.ledger import Ledger
from lstm.storage.registry.registry import Registry
from lstm.storage.store.database import open_store, store_url

MONITOR = """
[monitor]
fewest_origins = 2
fewest_points = 20
coverage_within = 0.5
"""
SECONDS_FOR_AN_EVENT = 60


def run(flow_name: str, pipeline: Path, as_of: str) -> Outcome:
    from flows.forecast import forecast
    from flows.monitor import monitor
    from flows.retrain import retrain

    flow = {"retrain": retrain, "forecast": forecast, "monitor": monitor}[flow_name]
    state = flow(pipeline=str(pipeline), as_of=as_of, return_state=True)
    outcome = outcome_of(state)
    assert state.name == {0: "Completed", 3: "Degraded", 1: "Failed", 2: "Failed"}[outcome.exit_code]
    return outcome


def realised(pipeline: Path) -> list[dict[str, Any]]:
    settings = load_pipeline(pipeline)
    ledger = Ledger(open_store(store_url(settings.store, pipeline.parent)))
    table = RealisedForecasts(ledger)
    layout = table.prepare()
    assert layout is not None
    days = [date(2024, 4, 1) + timedelta(days=day) for day in range(60)]
    return list(table.rows_at(layout, settings.name, days).to_pylist())


def shifted(pipeline: Path, since: str, by: float) -> None:
    """All series jump by so much from a day on."""
    file = pipeline.parent / "observations.csv"
    head, *lines = file.read_text().splitlines()
    changed = [
        f"{name},{day},{float(value) + (by if day >= since else 0.0)}"
        for name, day, value in (line.split(",") for line in lines)
    ]
    file.write_text("\n".join([head, *changed]) + "\n")


@pytest.fixture
def nights(small: Path) -> Path:
    """A champion of 2024-04-10, which forecast that week and the two nights after."""
    small.write_text(small.read_text() + MONITOR, encoding="utf-8")
    assert run("retrain", small, "2024-04-10").exit_code == 0
    for day in ("2024-04-11", "2024-04-12"):
        assert run("forecast", small, day).exit_code == 0
    return small


def test_forecasts_are_joined_and_what_keeps_its_promise_is_good(nights):
    """Law: each step once, however often the monitor runs; the pictures are in the page and in the artifact."""
    early = run("monitor", nights, "2024-04-13")
    assert early.exit_code == 0
    assert "Too early to judge: 0 forecasts have come true as a whole" in early.sentence
    # Of 04-10 came 3 days, of 04-11 two, of 04-12 one: six steps of six series.
    assert len(realised(nights)) == 36
    outcome = run("monitor", nights, "2024-04-25")
    assert outcome.exit_code == 0, outcome.sentence
    assert "v1 over the newest 3 complete forecasts does as it should: MASE" in outcome.sentence
    rows = realised(nights)
    assert len(rows) == 3 * 7 * 6
    assert {row["scored_as_of"][:10] for row in rows} == {"2024-04-13", "2024-04-25"}
    assert all(row["error"] == pytest.approx(row["forecast"] - row["actual"]) for row in rows)
    again = run("monitor", nights, "2024-04-25")
    assert dict(again.summary["rows"])["new, revised"] == "0, 0"
    assert realised(nights) == rows
    folder = nights.parent / "store" / "runs" / outcome.run_id
    assert json.loads((folder / "accuracy.json").read_text())["degraded"] is False
    page = (folder / "monitor.html").read_text(encoding="utf-8")
    assert page.count("data:image/png;base64") >= 3
    markdown = artifact("nightcast-small-accuracy")
    assert len(re.findall(r"!\[[^\]]+\]\(data:image/png;base64", markdown)) >= 3
    assert len(markdown.encode()) < 400_000


def test_the_monitor_leaves_no_more_folders_than_are_kept(small):
    """Law: nothing grows by itself, also where nothing but the monitor runs."""
    small.write_text(small.read_text().replace("[model]", "[store]\nkeep_runs = 1\n\n[model]"))
    runs = [run("monitor", small, day).run_id for day in ("2024-04-13", "2024-04-14")]
    assert [folder.name for folder in (small.parent / "store" / "runs").iterdir()] == runs[1:]


def test_a_jump_of_the_world_degrades_emits_the_event_and_asks_for_a_retrain_once_a_day(nights):
    """All series rise by 20 after the champion was trained: exit code 3, and an automation can hear of it."""
    shifted(nights, "2024-04-12", 20.0)
    outcome = run("monitor", nights, "2024-04-25")
    assert outcome.exit_code == 3
    assert "Error against the promise" in outcome.sentence
    (event,) = events(outcome.run_id)
    assert event["resource"]["prefect.resource.id"] == "nightcast.pipeline.small"
    payload = event["payload"]
    assert payload["pipeline"] == "small"
    assert payload["metric"] == "mase"
    assert payload["realised"] > 1.2 * payload["promised"]
    assert payload["model_version"] == 1
    assert payload["report"].endswith("monitor.html")
    assert not any(name == "retrain" for name, _ in outcome.summary["rows"])

    nights.write_text(nights.read_text() + "retrain = true\n", encoding="utf-8")
    asked = run("monitor", nights, "2024-04-26")
    told = dict(asked.summary["rows"])
    assert "runs in this process, since no deployment" in told["retrain"]
    settings = load_pipeline(nights)
    registry = Registry(open_store(store_url(settings.store, nights.parent)))
    assert next(run.as_of for run in registry.runs("small") if run.kind == "retrain") == "2024-04-26T00:00:00Z"
    again = run("monitor", nights, "2024-04-26")
    assert (
        "has retrained as of that day already" in dict(again.summary["rows"]).get("retrain", "") or again.exit_code == 0
    )


def test_a_revised_actual_is_scored_again(nights):
    """Ten more for every series on one day: all forecasts of that day are rescored, no others; by a dry run none."""
    run("monitor", nights, "2024-04-25")
    file = nights.parent / "observations.csv"
    head, *lines = file.read_text().splitlines()
    revised = [
        f"{name},{day},{float(value) + 10.0}" if day == "2024-04-14" else f"{name},{day},{value}"
        for name, day, value in (line.split(",") for line in lines)
    ]
    file.write_text("\n".join([head, *revised]) + "\n")
    before = realised(nights)
    dry = outcome_of(ad_hoc(str(nights), "monitor", "2024-04-26", dry_run=True, return_state=True))
    assert dict(dry.summary["rows"])["new, revised"] == "0, 0"
    assert realised(nights) == before
    outcome = run("monitor", nights, "2024-04-26")
    assert dict(outcome.summary["rows"])["new, revised"] == "0, 18"
    assert {str(row["time"]) for row in realised(nights) if row["revisions"]} == {"2024-04-14"}
    # The series key under another name: what was published cannot be told from it, and the last line says what to do.
    file.write_text(file.read_text().replace("id,", "store,", 1))
    nights.write_text(nights.read_text().replace('["id"]', '["store"]'), encoding="utf-8")
    renamed = run("monitor", nights, "2024-04-26")
    assert renamed.exit_code == 1
    assert "series keys id, source.series names store" in renamed.sentence


def test_nothing_published_is_nothing_to_score(small):
    """Exit code 0, before and after the first publication whose time has not come; a mistake in the file is 2."""
    first = run("monitor", small, "2024-04-10")
    assert first.exit_code == 0
    assert first.sentence.startswith("Nothing to score yet")
    small.write_text(small.read_text().replace("observations.csv", "gone.csv"), encoding="utf-8")
    assert run("monitor", small, "2024-04-11").exit_code in (1, 2)
    small.write_text("nonsense", encoding="utf-8")
    assert run("monitor", small, "2024-04-11").exit_code == 2


def artifact(key: str) -> str:
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.filters import ArtifactFilter, ArtifactFilterKey

    with get_client(sync_client=True) as client:
        found = client.read_artifacts(artifact_filter=ArtifactFilter(key=ArtifactFilterKey(any_=[key])))
    return str(max(found, key=lambda artifact: present(artifact.created)).data)


def events(run_id: str) -> list[dict[str, Any]]:
    """Events of a run's alarm, read back from the server; they travel on their own, so we ask until they are there."""
    from prefect.client.orchestration import get_client

    body = {"filter": {"event": {"name": ["nightcast.accuracy.degraded"]}}}
    until = time.monotonic() + SECONDS_FOR_AN_EVENT
    found: list[dict[str, Any]] = []
    with get_client(sync_client=True) as client:
        while not found and time.monotonic() < until:
            received = client._client.post("/events/filter", json=body).json()["events"]
            found = [event for event in received if event["payload"]["run_id"] == run_id]
            time.sleep(0.5)
    return found
