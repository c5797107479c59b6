"""Nights that tell MLflow and OpenLineage of themselves: what is told, and that no night fails of it."""

import json
import logging
from datetime import UTC, datetime

import pytest
from planned_shops import AS_OF, PIPELINE, planned_shops, published
from present import present

from lstm.errors import ConfigError
from lstm.steps.after.track import ask_tracking
from lstm.steps.job import RunRequest, open_job
from lstm.steps.night import night

TOLD = '\n[tracking]\nopenlineage = "events.jsonl"\n\n[[sinks]]\nname = "file"\npath = "out.csv"\n'


def events(folder):
    return [json.loads(line) for line in (folder / "events.jsonl").read_text().splitlines()]


def job_with(folder, text):
    pipeline_file = planned_shops(folder, PIPELINE + text)
    return open_job(RunRequest(str(pipeline_file), "retrain", AS_OF), now=datetime.now(UTC))


def test_a_night_is_an_event_at_its_start_and_one_at_its_end_with_what_it_read_and_wrote(tmp_path):
    published(planned_shops(tmp_path, PIPELINE + TOLD))
    start, complete = events(tmp_path)
    assert (start["eventType"], complete["eventType"]) == ("START", "COMPLETE")
    assert start["run"]["runId"] == complete["run"]["runId"]
    assert complete["job"]["name"] == "shops.retrain"
    assert [one["name"] for one in start["inputs"]] == [str(tmp_path / "observations.csv")]
    ledger, sink, model = complete["outputs"]
    assert (ledger["namespace"], ledger["name"]) == (f"sqlite://{tmp_path}/store/nightcast.db", "forecasts")
    assert ledger["outputFacets"]["outputStatistics"]["rowCount"] == 28
    assert (sink["namespace"], sink["name"]) == ("file", str(tmp_path / "out.csv"))
    assert model["name"].endswith("/store/runs/shops.retrain.20240430T000000Z/model")


def test_a_night_that_comes_to_nothing_is_a_failure_with_its_reason(tmp_path):
    pipeline_file = planned_shops(tmp_path, PIPELINE + TOLD)
    assert night(str(pipeline_file), "2024-12-24").exit_code == 1
    assert [event["eventType"] for event in events(tmp_path)] == ["START", "FAIL"]
    assert "newest observation" in events(tmp_path)[1]["run"]["facets"]["errorMessage"]["message"]


def test_a_night_that_is_cancelled_says_so(tmp_path, monkeypatch):
    """Ctrl-C in the midst of it."""
    monkeypatch.setattr("lstm.steps.night._attempted", _interrupted)
    with pytest.raises(KeyboardInterrupt):
        night(str(planned_shops(tmp_path, PIPELINE + TOLD)), AS_OF)
    assert [event["eventType"] for event in events(tmp_path)] == ["START", "ABORT"]


def _interrupted(*_):
    raise KeyboardInterrupt


def test_a_password_that_a_client_repeats_is_not_in_the_log(tmp_path, monkeypatch, caplog):
    """Law: it came by an environment variable, and a server that is away is named in the client's error."""
    monkeypatch.setenv("LINEAGE", "http://me:hidden@127.0.0.1:9/api?token=hidden")
    text = '\n[tracking]\nopenlineage = "env:LINEAGE"\n'
    with caplog.at_level(logging.WARNING):
        published(planned_shops(tmp_path, PIPELINE + text), kind="forecast")
    assert "OpenLineage was not told of this run" in caplog.text
    assert "hidden" not in "".join(record.getMessage() for record in caplog.records if record.name.startswith("lstm"))


def test_a_variable_that_is_gone_in_the_midst_of_a_night_is_a_warning(tmp_path, monkeypatch, caplog):
    """Law: asked before the run it was there."""
    pipeline_file = planned_shops(tmp_path, PIPELINE + '\n[tracking]\nmlflow = "env:GONE"\n')
    monkeypatch.setattr("lstm.steps.before.questions.ask_tracking", lambda job: None, raising=False)
    with caplog.at_level(logging.WARNING):
        assert published(pipeline_file, kind="forecast").exit_code == 0
    assert "MLflow was not told of this run: env:GONE" in caplog.text


def test_a_dry_run_tells_nobody(tmp_path):
    pipeline_file = planned_shops(tmp_path, PIPELINE + TOLD)
    assert night(str(pipeline_file), AS_OF, kind="forecast", dry_run=True).exit_code == 0
    assert not (tmp_path / "events.jsonl").exists()


def test_whoever_cannot_be_told_is_a_warning_and_the_night_is_as_good_as_ever(tmp_path, caplog):
    """A folder that is not there for the events, and a database that is none for MLflow."""
    (tmp_path / "runs.db").write_text("this is no database, however long one looks at it")
    text = '\n[tracking]\nopenlineage = "gone/events.jsonl"\nmlflow = "sqlite:///runs.db"\n'
    with caplog.at_level(logging.WARNING):
        outcome = published(planned_shops(tmp_path, PIPELINE + text))
    assert outcome.exit_code == 0
    assert "OpenLineage was not told of this run" in caplog.text
    assert "MLflow was not told of this run" in caplog.text


@pytest.mark.slow
def test_a_published_night_is_a_run_of_mlflow_with_verdict_pictures_and_model(tmp_path):
    from mlflow import MlflowClient

    published(planned_shops(tmp_path, PIPELINE + '\n[tracking]\nmlflow = "sqlite:///runs.db"\nexperiment = "all"\n'))
    client = MlflowClient(tracking_uri=f"sqlite:///{tmp_path}/runs.db")
    (run,) = client.search_runs([present(client.get_experiment_by_name("all")).experiment_id])
    assert run.data.tags["nightcast.verdict"].startswith("Promoted v1")
    assert (run.data.tags["nightcast.serves"], run.data.tags["nightcast.promoted"]) == ("challenger", "v1")
    assert run.data.params["training.batch_size"] == "32"
    assert 0.0 < run.data.metrics["challenger.mase"] < 0.1
    assert run.data.metrics["gate.coverage"] == run.data.metrics["challenger.coverage"]
    assert "member-0.validation_loss" in run.data.metrics
    names = [one.path for folder in ("", "model", "pictures") for one in client.list_artifacts(run.info.run_id, folder)]
    assert {"report.html", "verdict.json", "model/weights.safetensors", "pictures/forecasts.png"} <= set(names)


def test_the_database_of_the_store_is_refused_before_a_run(tmp_path):
    job = job_with(tmp_path, '\n[tracking]\nmlflow = "sqlite:///store/nightcast.db"\n')
    with pytest.raises(ConfigError, match="the store's own database"):
        ask_tracking(job)
    outcome = night(str(tmp_path / "pipeline.toml"), AS_OF)
    assert outcome.exit_code == 2
    assert "tracking.mlflow is the store's own database" in outcome.sentence


@pytest.mark.parametrize(("key", "package"), [("mlflow", "mlflow"), ("openlineage", "openlineage")])
def test_an_extra_that_is_missing_is_said_before_a_run_with_what_to_install(tmp_path, monkeypatch, key, package):
    import importlib.util

    whole = importlib.util.find_spec
    job = job_with(tmp_path, f'\n[tracking]\n{key} = "http://127.0.0.1:9"\n')
    for module in ("mlflow_runs", "lineage_events"):
        monkeypatch.setattr(
            f"lstm.storage.tracking.{module}.find_spec", lambda name: None if name == package else whole(name)
        )
    with pytest.raises(ConfigError, match=rf"pip install 'nightcast\[{key}\]'"):
        ask_tracking(job)


def test_a_password_does_not_belong_into_the_file(tmp_path):
    pipeline_file = planned_shops(tmp_path, PIPELINE + '\n[tracking]\nmlflow = "http://me:secret@host"\n')
    outcome = night(str(pipeline_file), AS_OF)
    assert outcome.exit_code == 2
    assert "holds a password" in outcome.sentence
    assert "secret@" not in outcome.sentence
