"""Finished runs in MLflow: in a database of its own, and on a real server on loopback."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from faults.processes import kill_session, until
from present import present

from lstm.storage.tracking.mlflow_runs import FinishedRun, flat, log_run

FINISHED = FinishedRun(
    run_id="shops.retrain.1",
    settings={"name": "shops", "model": {"hidden": 16, "layers": None}},
    tags={"nightcast.serves": "challenger"},
    metrics={"challenger.mase": 0.5, "gate.better by 2 %": 0.5},
    curves=(("member-0.train_loss", 1, 0.9), ("member-0.train_loss", 2, 0.8)),
    artifacts={"verdict.json": b"{}", "model/model.json": b"{}"},
)


def test_settings_are_told_by_dotted_key_without_what_was_left_out():
    settings = {"name": "shops", "model": {"hidden": 16, "layers": None}, "gates": [], "sinks": [{"name": "x"}]}
    assert flat(settings) == {"name": "shops", "model.hidden": 16, "sinks": [{"name": "x"}]}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """URL of a server of MLflow, with an empty database."""
    folder = tmp_path_factory.mktemp("mlflow")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    with open(folder / "log", "w", encoding="utf-8") as log:
        process = subprocess.Popen(
            [*command, "--backend-store-uri", "sqlite:///runs.db"], cwd=folder, stdout=log, stderr=log,
            env=os.environ | {"MLFLOW_DISABLE_TELEMETRY": "true"}, start_new_session=True,
        )  # fmt: skip
    try:
        until(lambda: _healthy(port), "MLflow's server", 120.0)
        yield f"http://127.0.0.1:{port}"
    finally:
        kill_session(process)


def _healthy(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/health").text == "OK"
    except httpx.TransportError:
        return False


@pytest.mark.slow
@pytest.mark.parametrize("place", ["database", "server"])
def test_a_run_is_kept_with_all_that_it_has_and_logged_again_it_takes_its_own_place(place, request, tmp_path: Path):
    from mlflow import MlflowClient

    uri = request.getfixturevalue("server") if place == "server" else f"sqlite:///{tmp_path}/runs.db"
    log_run(uri, "shops", FINISHED, str(tmp_path / "artifacts"))
    log_run(
        uri,
        "shops",
        replace(FINISHED, metrics={"challenger.mase": 0.4, "gate.better by 2 %": 0.5}),
        str(tmp_path / "artifacts"),
    )
    client = MlflowClient(tracking_uri=uri)
    experiment = present(client.get_experiment_by_name("shops"))
    (run,) = client.search_runs([experiment.experiment_id])
    assert run.info.status == "FINISHED"
    assert run.data.params == {"name": "shops", "model.hidden": "16"}
    assert run.data.metrics == {"challenger.mase": 0.4, "gate.better by 2 _": 0.5, "member-0.train_loss": 0.8}
    assert run.data.tags["nightcast.serves"] == "challenger"
    history = client.get_metric_history(run.info.run_id, "member-0.train_loss")
    assert [(point.step, point.value) for point in history] == [(1, 0.9), (2, 0.8)]
    assert [one.path for one in client.list_artifacts(run.info.run_id, "model")] == ["model/model.json"]
