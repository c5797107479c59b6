"""`nightcast deploy` against a real Prefect server: what is registered, and what is left alone."""

import re
import sys
from pathlib import Path

import pytest
from deployed import deploy, write

from flows.cli.deploy import _register as register_and_show
from flows.cli.terminal import console
from flows.deployment.deployments import deployments_of
from lstm.errors import DeploymentError


def test_what_is_registered_is_what_the_file_says(tmp_path, client):
    """Names, entrypoint by module, tags, cron and zone, parameters, and a queue that lets one through at a time."""
    assert deploy(write(tmp_path, "harbour", 'monitor = "off"'))[:3] == ["new"] * 3
    found = client.read_deployment_by_name("retrain/harbour")
    assert found.entrypoint == "flows.retrain.retrain"
    assert found.pull_steps == []
    assert set(found.tags) == {"nightcast", "pipeline:harbour", "kind:retrain"}
    assert found.parameters == {"pipeline": str(tmp_path / "harbour.toml")}
    assert found.enforce_parameter_schema
    assert found.parameter_openapi_schema["required"] == ["pipeline"]
    (schedule,) = found.schedules
    assert (schedule.schedule.cron, schedule.schedule.timezone) == ("25 4 * * *", "America/New_York")
    assert found.job_variables["env"]["PREFECT_FLOWS_HEARTBEAT_FREQUENCY"] == "30"
    assert (found.work_pool_name, found.work_queue_name) == ("nightcast", "harbour")
    assert client.read_work_pool("nightcast").type == "process"
    assert client.read_work_pool("nightcast").concurrency_limit == 4
    assert client.read_work_queue_by_name("harbour", work_pool_name="nightcast").concurrency_limit == 1
    assert client.read_deployment_by_name("monitor/harbour").schedules == []


def test_the_same_again_changes_nothing_and_a_change_is_taken_over(tmp_path, client):
    """Law: deploying twice leaves one deployment a kind, of the same id, with one schedule: the file's."""
    deploy(write(tmp_path, "quay"))
    first = client.read_deployment_by_name("retrain/quay")
    assert deploy(write(tmp_path, "quay")) == ["unchanged"] * 5
    assert client.read_deployment_by_name("retrain/quay").updated == first.updated
    assert deploy(write(tmp_path, "quay", 'retrain = "0 5 * * 1-5"')) == ["updated", *["unchanged"] * 4]
    again = client.read_deployment_by_name("retrain/quay")
    assert again.id == first.id
    assert [(one.id, one.schedule.cron) for one in again.schedules] == [(first.schedules[0].id, "0 5 * * 1-5")]
    deploy(write(tmp_path, "quay", 'retrain = "off"'))
    assert client.read_deployment_by_name("retrain/quay").schedules == []


def test_the_table_says_paused_where_somebody_has_paused(tmp_path, client):
    """Trial: it told the next run of a schedule that was paused. The schedule, the deployment, the queue, the pool."""
    file = write(tmp_path, "lock", 'work_pool = "lock-pool"\nretrain = "0 5 * * *"')
    assert next_runs(client, file)["retrain/lock"].endswith("05:00")
    found = client.read_deployment_by_name("retrain/lock")
    client.update_deployment_schedule(found.id, found.schedules[0].id, active=False)
    shown = next_runs(client, file)
    assert (shown["retrain/lock"], shown["forecast/lock"] == "paused") == ("paused", False)
    client.update_deployment_schedule(found.id, found.schedules[0].id, active=True)
    assert next_runs(client, file)["retrain/lock"].endswith("05:00")
    queue = client.read_work_queue_by_name("lock", work_pool_name="lock-pool")
    client.update_work_queue(queue.id, is_paused=True)
    assert set(next_runs(client, file).values()) == {"paused", "when someone starts it"}


def next_runs(client, file: Path) -> dict[str, str]:
    """What `nightcast deploy` prints of the next run, by deployment; without the zone."""
    with console.capture() as capture:
        register_and_show(client, deployments_of([file]), None)
    rows = [re.split(r"\s{2,}", line.strip()) for line in capture.get().splitlines() if "/lock" in line]
    return {row[0]: re.sub(" E[SD]T$", "", row[3]) for row in rows}


def test_what_a_person_has_set_in_the_ui_stays(tmp_path, client):
    """A schedule that was paused by hand, and a queue's limit that was raised, are as they were after a new deploy."""
    file = write(tmp_path, "pier")
    deploy(file)
    found = client.read_deployment_by_name("forecast/pier")
    client.update_deployment_schedule(found.id, found.schedules[0].id, active=False)
    queue = client.read_work_queue_by_name("pier", work_pool_name="nightcast")
    client.update_work_queue(queue.id, concurrency_limit=3)
    deploy(file)
    assert [one.active for one in client.read_deployment_by_name("forecast/pier").schedules] == [False]
    assert [one.active for one in client.read_deployment_by_name("retrain/pier").schedules] == [True]
    assert client.read_work_queue_by_name("pier", work_pool_name="nightcast").concurrency_limit == 3


def test_a_deployment_of_somebody_else_is_left_alone_and_nothing_is_registered(tmp_path, client):
    """Law: one refusal, no half of the files. `monitor/theirs` has no tag of ours."""
    flow = client.create_flow_from_name("monitor")
    theirs = client.create_deployment(flow_id=flow, name="theirs", entrypoint="theirs.py:monitor", tags=["billing"])
    with pytest.raises(
        DeploymentError, match=r"monitor/theirs that Nightcast has not made.*rename it, or the pipeline"
    ):
        deploy(write(tmp_path, "ours"), write(tmp_path, "theirs"))
    assert client.read_deployment(theirs).entrypoint == "theirs.py:monitor"
    names = [one.name for one in client.read_deployments()]
    assert "ours" not in names
    assert names.count("theirs") == 1


def test_the_monitor_finds_the_deployment_of_retrain_by_its_tag(tmp_path, client):
    """Law of tasks/monitor_retrain: the tag finds it, whatever the path of the pipeline file is where it runs."""
    from tasks.ask_for_retrain import retrain_deployment

    deploy(write(tmp_path, "dock"), write(tmp_path, "dock-2"))
    found = retrain_deployment("dock", "/elsewhere/dock.toml")
    assert found.id == client.read_deployment_by_name("retrain/dock").id
    assert retrain_deployment("nobody", "/elsewhere/nobody.toml") is None


def test_nonsense_is_refused_when_a_run_is_created(tmp_path, client):
    """The server checks parameters by the flow's schema, and names the one that is wrong."""
    from prefect.exceptions import PrefectHTTPStatusError

    deploy(write(tmp_path, "jetty"))
    found = client.read_deployment_by_name("retrain/jetty")
    with pytest.raises(PrefectHTTPStatusError) as caught:
        client.create_flow_run_from_deployment(found.id, parameters={"pipeline": 3})
    assert "pipeline" in caught.value.response.text


def test_what_notify_cannot_mean_is_refused_before_anything_is_registered(
    tmp_path, prefect_server, client, monkeypatch
):
    """Law: nothing half registered; exit code 2 for a mistake on the command line."""
    from flows.cli import app as cli

    (tmp_path / "observations.csv").touch()
    command = ["nightcast", "deploy", str(write(tmp_path, "basin")), "--notify", "https://chat.example/hooks/secret"]
    monkeypatch.setattr(sys, "argv", command)
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 2
    assert "basin" not in [one.name for one in client.read_deployments()]


def test_the_form_offers_every_pipeline_of_its_pool(tmp_path, client):
    """Those that were deployed before, too; one that has moved to another pool is offered there."""
    deploy(write(tmp_path, "north", 'work_pool = "a-pool"'))
    deploy(write(tmp_path, "south", 'work_pool = "a-pool"'))
    assert offered(client, "a-pool") == ["north", "south"]
    deploy(write(tmp_path, "north", 'work_pool = "b-pool"'))
    assert offered(client, "b-pool") == ["north"]
    deploy(write(tmp_path, "south", 'work_pool = "a-pool"'))
    assert offered(client, "a-pool") == ["south"]


def offered(client, pool: str) -> list[str]:
    form = client.read_deployment_by_name(f"ad-hoc/{pool}")
    return list(form.parameter_openapi_schema["properties"]["pipeline"]["enum"])
