"""From the end of a run to a request at a loopback receiver, through automations on a real Prefect server."""

import contextlib
import os
import signal
import subprocess
import sys
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from faults.effects import BEGUN
from faults.ground import ground
from faults.holding import Holds, Point
from faults.processes import kill, until
from faults.scene import scene
from prefect.events.schemas.automations import AutomationCore
from present import present
from receivers import receiving

from pages import ROOT
from runs import edited, run

ADDRESS = "NIGHTCAST_TEST_WEBHOOK"
SECONDS_FOR_A_RUN = 120.0
SECONDS_FOR_A_ZOMBIE = 300.0
LAST_WORDS = ("Pending", "Submitting", "InfrastructurePending")


@pytest.fixture
def told(client, monkeypatch):
    """Whoever is told by the declared automations."""
    from flows.deployment.automations import upsert_automations

    with receiving() as receiver:
        monkeypatch.setenv(ADDRESS, receiver.url)
        upsert_automations(client, f"env:{ADDRESS}")
        yield receiver
        for one in client.read_resource_related_automations("nightcast"):
            client.delete_automation(one.id)
        # Whoever asks the session's server for a deployment of the small pipeline shall find none.
        for deployment in client.read_deployments():
            if deployment.name in ("alerts", "small"):
                client.delete_deployment(deployment.id)


def test_a_rejected_gate_and_refused_data_arrive_once(told, small):
    """A gate that rejects becomes one request, and the run again none; a table three months old is another."""
    edited(small, "[training]", "[training]\ndeadline = 1e-9")
    outcome = run(small)
    assert outcome.exit_code == 3
    body = told.first(lambda body: body["event"] == "nightcast.gate.rejected")
    payload = body["payload"]
    assert body["text"].startswith("warning: small: baseline:seasonal_naive serves")
    assert (payload["run_id"], payload["failed_step"]) == (outcome.run_id, "train")
    assert "the deadline passed" in payload["failed_gates"][0]["reason"]
    assert Path(payload["report"]).is_file()
    assert "/runs/flow-run/" in payload["flow_run"]

    run(small)
    assert run(small, "2024-08-01").exit_code == 1
    refused = told.first(lambda body: body["event"] == "nightcast.data.refused")
    assert refused["payload"]["severity"] == "critical"
    assert refused["payload"]["sentence"].startswith("Nothing was published: ")
    assert refused["payload"]["report"] == ""
    assert [body["event"] for body in told.bodies] == ["nightcast.gate.rejected", "nightcast.data.refused"]


def test_a_pipeline_file_that_cannot_be_read_is_told_too(told, tmp_path):
    """The night ends before it has a run; the file's name says which."""
    file = tmp_path / "warehouse.toml"
    file.write_text("horizon = ")
    assert run(file).exit_code == 2
    payload = told.first(lambda body: body["event"] == "nightcast.run.failed")["payload"]
    assert (payload["pipeline"], payload["kind"], payload["mistake"], payload["run_id"]) == (
        "warehouse", "retrain", True, "",
    )  # fmt: skip


def test_a_run_that_prefect_fails_is_told_and_one_that_told_itself_is_not_told_twice(told, client):
    """A flow that cannot be loaded never runs our code; the states of somebody else's flows are not ours to tell."""
    from prefect.states import Failed

    mine = _flow_run(client, ["nightcast"])
    for flow_run, message in (
        (_flow_run(client, ["nightcast"]), "Nothing was published: the table is empty"),
        (_flow_run(client, ["another"]), "Flow could not be retrieved: gone"),
        (mine, "Flow could not be retrieved: no module named flows"),
    ):
        client.set_flow_run_state(flow_run, Failed(message=message), force=True)
    body = told.first(lambda body: body["event"] == "prefect.flow-run.Failed")
    assert body["payload"]["flow_run"].endswith(str(mine))
    assert "run failed without a word" in body["text"]
    assert "no module named flows" in body["text"]
    assert len(told.bodies) == 1


def test_a_run_that_crashes_goes_on_once_and_then_stays(told, client, tmp_path):
    """Law: the same flow run is scheduled again, so its parameters and its time stay; what crashes twice does not."""
    from prefect.states import Crashed

    flow_run = _asked_for(client, tmp_path / "pipeline.toml")
    client.set_flow_run_state(flow_run, Crashed(message="the first time"), force=True)
    told.first(lambda body: body["payload"]["sentence"] == "the first time")
    until(lambda: client.read_flow_run(flow_run).state.name == "AwaitingRetry", "the retry", SECONDS_FOR_A_RUN)
    client.set_flow_run_state(flow_run, Crashed(message="the second time"), force=True)
    body = told.first(lambda body: body["payload"]["sentence"] == "the second time")
    assert body["text"] == f"critical: retrain of {tmp_path / 'pipeline.toml'}: run crashed: the second time"
    # The automation that tells and the one that schedules have had the same event.
    assert [state.name for state in client.read_flow_run_states(flow_run)][-2:] == ["AwaitingRetry", "Crashed"]


@pytest.mark.slow
def test_a_run_that_no_worker_begins_ends_as_crashed_is_told_and_goes_on(told, client, tmp_path):
    """Law: worker and child were killed before the run began, so no heartbeat can be missed; it held its queue's place
    for ever. The declared rule, with seconds for its minutes, whatever the last word; one that began is left alone.
    """
    from prefect.states import Pending, Running

    # The server may take up an event some twenty seconds late on a busy machine: where the time of the rule is over by
    # then, a run's second word makes it crash a second time, after which it stays.
    _hurry(client, 60)
    words = {f"{begun}-{word}": word for begun in ("left", "begun") for word in LAST_WORDS}
    runs = {name: _asked_for(client, tmp_path / f"{name}.toml") for name in words}
    for name, flow_run in runs.items():
        client.set_flow_run_state(flow_run, Pending())
        if words[name] != "Pending":
            client.set_flow_run_state(flow_run, Pending(name=words[name]))
        if name.startswith("begun"):
            client.set_flow_run_state(flow_run, Running())
    for word in LAST_WORDS:
        left = runs[f"left-{word}"]
        body = told.first(lambda body, run=str(left): body["payload"]["flow_run"].endswith(run), SECONDS_FOR_A_RUN)
        assert body["event"] == "prefect.flow-run.Crashed"
        assert "has not begun 5 minutes after a worker took it" in body["payload"]["sentence"]
        until(partial(_waits_again, client, left), "its place", SECONDS_FOR_A_RUN)
        assert client.read_flow_run(runs[f"begun-{word}"]).state.name == "Running"
    assert len(told.bodies) == len(LAST_WORDS)


@pytest.mark.slow
def test_a_run_that_dies_with_its_worker_before_it_began_lets_go_of_its_queue(told, client, tmp_path):
    """Law: kill -9 of worker and process between Submitting and Running. The next run of the pipeline waits until the
    declared rule, with seconds for its minutes, ends the dead one, which is told once; then both are carried out.
    """
    _hurry(client, 90)
    pipeline, holds = ground(tmp_path / "ground"), Holds(tmp_path, (Point(BEGUN),))
    with scene(str(client.api_url), tmp_path / "scene") as stage:
        deployment = stage.deploy(pipeline)
        dead = stage.start_run(deployment, holds)
        stage.start_worker()
        pid = stage.reached(holds, 0)
        stage.kill_worker()
        kill(pid)
        assert (present(stage.run(dead).state).type.value, stage.run(dead).run_count) == ("PENDING", 0)
        waiting = stage.start_run(deployment)
        stage.start_worker()
        assert [stage.ending(run) for run in (dead, waiting)] == ["Completed", "Completed"]
    states = client.read_flow_run_states(dead)
    assert [state.name for state in states if state.type.value != "PENDING"] == [
        "Scheduled", "Crashed", "AwaitingRetry", "Running", "Completed",
    ]  # fmt: skip
    (crashed,) = [state for state in states if state.name == "Crashed"]
    assert client.read_flow_run(waiting).start_time > crashed.timestamp
    (told_of,) = [body for body in told.bodies if body["event"] == "prefect.flow-run.Crashed"]
    assert told_of["payload"]["flow_run"].endswith(str(dead))
    assert "has not begun 5 minutes after a worker took it" in told_of["payload"]["sentence"]


def _waits_again(client, flow_run):
    return client.read_flow_run(flow_run).state.name == "AwaitingRetry"


def _hurry(client, seconds):
    """Gives the rule for runs that never began seconds for its minutes; a start must not take as long."""
    rules = {rule.name: rule for rule in client.read_resource_related_automations("nightcast")}
    rule = rules["Nightcast: a run that never began has crashed"]
    assert rule.trigger.within >= timedelta(minutes=5)
    hurried = rule.model_dump(exclude={"id", "owner_resource"})
    hurried["trigger"]["within"] = seconds
    client.update_automation(rule.id, AutomationCore.model_validate(hurried))


def _flow_run(client, tags):
    from flows.retrain import retrain

    return client.create_flow_run(retrain, parameters={"pipeline": "pipeline.toml"}, tags=tags).id


@pytest.mark.slow
def test_a_run_whose_worker_died_with_it_is_told_of_and_goes_on(told, client, small, tmp_path):
    """Law: kill -9 of worker and flow. Nobody says anything; the heartbeats that are missing mark the run as crashed,
    which is told, and it is begun again as the same flow run: it repeats no finished step, and publishes.
    """
    edited(small, "max_epochs = 2\nepoch_steps = 5", "max_epochs = 20\npatience = 20\nepoch_steps = 100")
    flow_run = _asked_for(client, small)
    store = small.parent / "store" / "runs" / "small.retrain.20240430T000000Z"
    worker = _worker(tmp_path / "first.log")
    until(lambda: list(store.glob("checkpoints/*/member-0.safetensors")), "a checkpoint", SECONDS_FOR_A_RUN)
    _kill(worker)
    before = {path.name: path.stat().st_mtime_ns for path in (store / "manifests").iterdir()}
    assert client.read_flow_run(flow_run).state.name == "Running"

    second = _worker(tmp_path / "second.log")
    try:
        crashed = told.first(lambda body: body["event"] == "prefect.flow-run.Crashed", SECONDS_FOR_A_ZOMBIE)
        assert crashed["payload"]["sentence"].startswith("No heartbeat for 90 seconds")
        assert crashed["payload"]["flow_run"].endswith(str(flow_run))
        until(lambda: client.read_flow_run(flow_run).state.is_completed(), "the run's end", SECONDS_FOR_A_ZOMBIE)
    finally:
        _kill(second)
    assert client.read_flow_run(flow_run).run_count == 2
    after = {path.name: path.stat().st_mtime_ns for path in (store / "manifests").iterdir()}
    assert {name: after[name] for name in before} == before
    assert {"ingest.json", "window.json"} <= before.keys() < after.keys()


def _asked_for(client, pipeline):
    """A run of a deployment such as `nightcast deploy` makes, for a worker that sends heartbeats."""
    from prefect.client.schemas.actions import WorkPoolCreate
    from prefect.exceptions import ObjectAlreadyExists

    with contextlib.suppress(ObjectAlreadyExists):
        client.create_work_pool(WorkPoolCreate(name="alerts", type="process"))
    deployment = client.create_deployment(
        flow_id=client.create_flow_from_name("retrain"),
        name="alerts",
        entrypoint="flows.retrain.retrain",
        tags=["nightcast", "pipeline:small"],
        parameters={"pipeline": str(pipeline), "as_of": "2024-04-30"},
        work_pool_name="alerts",
        job_variables={"env": {"PREFECT_FLOWS_HEARTBEAT_FREQUENCY": "30"}},
        pull_steps=[],
    )
    return client.create_flow_run_from_deployment(deployment).id


def _worker(log: Path) -> subprocess.Popen[bytes]:
    from prefect.settings import PREFECT_API_URL

    root = str(ROOT)
    environment = os.environ | {"PREFECT_API_URL": PREFECT_API_URL.value(), "PYTHONPATH": root}
    command = [sys.executable, "-m", "prefect", "worker", "start", "--pool", "alerts", "--type", "process"]
    with log.open("wb") as output:
        return subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, env=environment)


def _kill(worker: subprocess.Popen[bytes]) -> None:
    """SIGKILL of the worker first, so that it cannot tell of its run, then of what it has started."""
    lists = Path(f"/proc/{worker.pid}/task").glob("*/children")
    children = [int(pid) for file in lists for pid in file.read_text().split()]
    for pid in (worker.pid, *children):
        os.kill(pid, signal.SIGKILL)
    worker.wait()
