"""No secret of a pipeline reaches Prefect: neither parameters nor artifacts, logs, events or states."""

import json

import pandas as pd
import pytest
from databases import empty_database
from sqlalchemy import create_engine, make_url

from flows.ad_hoc import ad_hoc
from flows.runs.ending import outcome_of
from lstm.storage.store.database import upgrade_store

pytestmark = pytest.mark.slow

PASSWORD = "correct-horse-battery-staple"
ELSEWHERE = """
[store]
url = "env:GUARDED_URL"
[[sinks]]
name = "dashboard"
url = "env:GUARDED_URL"
table = "dashboard"
"""


@pytest.fixture
def guarded(small, monkeypatch):
    """The small pipeline with source, store and sink in a database whose address, with a password, is in a variable."""
    with empty_database("postgresql") as address:
        url = make_url(address).set(password=PASSWORD).render_as_string(hide_password=False)
        monkeypatch.setenv("GUARDED_URL", url)
        engine = create_engine(url)
        pd.read_csv(small.parent / "observations.csv", dtype={"id": str}, keep_default_na=False).to_sql(
            "observations", engine, index=False
        )
        engine.dispose()
        upgrade_store(url)
        table = 'url = "env:GUARDED_URL"\ntable = "observations"'
        small.write_text(small.read_text().replace('path = "observations.csv"', table) + ELSEWHERE)
        yield small


def test_no_secret_of_a_pipeline_reaches_prefect(guarded):
    """Of a run that publishes and delivers, of one whose table is gone, and of one whose override names the secret."""
    from prefect.client.orchestration import get_client
    from prefect.logging.handlers import APILogWorker

    text = {"source.time_format": None, "training.max_epochs": 1}
    states = [ad_hoc(pipeline=str(guarded), as_of="2024-04-30", overrides=text, return_state=True)]
    guarded.write_text(guarded.read_text().replace('"observations"', '"gone"'))
    for overrides in ({}, {"store.url": "env:GUARDED_URL"}):
        states.append(ad_hoc(pipeline=str(guarded), as_of="2024-05-01", overrides=overrides, return_state=True))
    outcomes = [outcome_of(state) for state in states]
    assert [outcome.exit_code for outcome in outcomes] == [0, 1, 2]
    APILogWorker.drain_all(at_exit=False)
    with get_client(sync_client=True) as client:
        everything = {
            "runs": [run.model_dump(mode="json") for run in client.read_flow_runs()],
            "tasks": [run.model_dump(mode="json") for run in client.read_task_runs()],
            "artifacts": [artifact.model_dump(mode="json") for artifact in client.read_artifacts()],
            "logs": [log.model_dump(mode="json") for log in client.read_logs(limit=200)],
            "events": client.request("POST", "/events/filter", json={"limit": 50}).json(),
        }
    pages = [path.read_text() for path in guarded.parent.rglob("*.html")]
    assert len(everything["artifacts"]) >= 3
    assert everything["logs"]
    assert everything["events"]["events"]
    assert pages
    assert PASSWORD not in json.dumps(everything) + "".join(pages) + "".join(str(one) for one in outcomes)
