"""Schedules on a real Prefect server: no slot has two runs, and what a person has made stays."""

from datetime import UTC, datetime, timedelta

from deployed import deploy, write
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterDeploymentId
from prefect.client.schemas.schedules import CronSchedule


def test_a_slot_that_was_planned_before_a_deploy_is_not_planned_again(tmp_path, client):
    """Trial: after deploy and serve five late slots had two runs each, since Prefect knows a run by its schedule's id.

    Three late slots of a forecast that runs each hour; the file then says something else of another kind, and of
    this one, but its hours.
    """
    deploy(write(tmp_path, "berth", 'forecast = "10 * * * *"'))
    found = client.read_deployment_by_name("forecast/berth")
    start = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(hours=3)
    for schedule in ("", 'monitor = "off"', 'work_pool = "another"'):
        plan(client, found.id, start)
        deploy(write(tmp_path, "berth", f'forecast = "10 * * * *"\n{schedule}'))
    plan(client, found.id, start)
    slots = [
        run.expected_start_time for run in runs_of(client, found.id) if run.expected_start_time < datetime.now(UTC)
    ]
    assert sorted(slots) == [start + timedelta(hours=hour, minutes=10) for hour in range(3)]


def plan(client, deployment_id, start: datetime) -> None:
    """What Prefect's scheduler does every minute, from an earlier hour on."""
    body = {"start_time": start.isoformat(), "end_time": (start + timedelta(hours=3)).isoformat(), "min_runs": 3}
    client.request("POST", "/deployments/{id}/schedule", path_params={"id": deployment_id}, json=body)


def runs_of(client, deployment_id):
    runs = FlowRunFilter(deployment_id=FlowRunFilterDeploymentId(any_=[deployment_id]))
    return client.read_flow_runs(flow_run_filter=runs)


def test_a_schedule_that_a_person_has_added_stays_and_a_doubled_one_goes(tmp_path, client):
    """What says the same as ours is ours, whoever made it: it becomes one; another hour in the UI is a person's."""
    file = write(tmp_path, "slip", 'retrain = "0 5 * * *"')
    deploy(file)
    found = client.read_deployment_by_name("retrain/slip")
    zone = "America/New_York"
    for cron in ("0 5 * * *", "0 17 * * *"):
        client.create_deployment_schedules(found.id, [(CronSchedule(cron=cron, timezone=zone), True)])
    deploy(file)
    crons = [one.schedule.cron for one in client.read_deployment_by_name("retrain/slip").schedules]
    assert sorted(crons) == ["0 17 * * *", "0 5 * * *"]
    assert deploy(file)[0] == "unchanged"
