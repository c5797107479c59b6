"""When a run is too late to be of use."""

from datetime import UTC, datetime, timedelta

import pytest
from deployed import deploy, write
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterDeploymentId

from flows.deployment.deployments import deployments_of
from flows.runs.staleness import skip_before_start, why_late
from lstm.config import Pipeline, Schedule

SOURCE = {"path": "t.csv", "time": "day", "targets": ["y"]}


def pipeline(**schedule: str) -> Pipeline:
    schedule = {"retrain": "15 4 * * *", "forecast": "10 * * * *"} | schedule
    return Pipeline(name="shop", horizon=7, source=SOURCE, time_zone="Europe/Berlin", schedule=Schedule(**schedule))


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"2024-07-{text}:00+02:00").astimezone(UTC)


def test_a_run_in_time_is_not_stale():
    """A nightly run of 04:15 is of use all day: without it there are no forecasts."""
    assert why_late(pipeline(), "retrain", planned=at("10T04:15"), now=at("10T04:16")) is None
    assert why_late(pipeline(), "retrain", planned=at("10T04:15"), now=at("11T04:14")) is None


def test_a_run_is_stale_when_the_next_one_of_its_schedule_is_due():
    """Law: of all runs that pile up in an outage only the newest is carried out."""
    why = why_late(pipeline(), "retrain", planned=at("10T04:15"), now=at("11T04:15"))
    assert why is not None
    assert "planned for 2024-07-10 04:15:00 CEST" in why
    assert "when the next retrain (2024-07-11 04:15:00 CEST) was due already" in why
    late = [
        why_late(pipeline(), "forecast", planned=at(f"10T{hour:02}:10"), now=at("10T09:20")) for hour in range(4, 10)
    ]
    assert [one is None for one in late] == [False] * 5 + [True]


@pytest.mark.parametrize(("now", "stale"), [("10T10:15", False), ("10T10:16", True)])
def test_skip_after_makes_it_stricter(now, stale):
    """`skip_after = "6h"`: six hours late is in time, a minute more is not."""
    why = why_late(pipeline(skip_after="6h"), "retrain", planned=at("10T04:15"), now=at(now))
    assert (why is not None) is stale
    if stale:
        assert "more than schedule.skip_after = 6h later" in str(why)


def test_skip_after_makes_it_never_laxer():
    """Two forecasts of one hour are never both of use."""
    why = why_late(pipeline(skip_after="2D"), "forecast", planned=at("10T04:10"), now=at("10T05:10"))
    assert why is not None


def test_a_kind_without_a_schedule_is_stale_by_skip_after_only():
    """Its deployment may have a schedule that somebody made in the UI."""
    own = pipeline(monitor="off", skip_after="1h")
    assert why_late(own, "monitor", planned=at("10T04:15"), now=at("10T05:15")) is None
    assert why_late(own, "monitor", planned=at("10T04:15"), now=at("10T05:16")) is not None


def test_a_file_that_says_another_time_than_is_deployed_skips_no_night():
    """Planned for 04:15 by what is deployed, while the file says 04:32: at 04:40 nothing newer is due today."""
    moved = pipeline(retrain="32 4 * * *")
    assert why_late(moved, "retrain", planned=at("10T04:15"), now=at("10T04:40")) is None
    assert why_late(moved, "retrain", planned=at("10T04:15"), now=at("11T04:32")) is not None


def test_runs_that_are_stale_before_a_worker_comes_are_ended_without_a_process(tmp_path, client):
    """Law: of four hourly slots in an outage the newest stays; so does a run that somebody asked for by hand."""
    now = datetime.now(UTC)
    minute = (now - timedelta(minutes=5)).minute
    schedule = f'forecast = "{minute} * * * *"\nwork_pool = "stale"'
    file = write(tmp_path, "weir", schedule)
    deploy(file)
    found = client.read_deployment_by_name("forecast/weir")
    times = {"start_time": (now - timedelta(hours=4)).isoformat(), "end_time": now.isoformat(), "min_runs": 9}
    client.request("POST", "/deployments/{id}/schedule", path_params={"id": found.id}, json=times)
    by_hand = client.create_flow_run_from_deployment(found.id)
    assert skip_before_start(client, deployments_of([file])) == 3
    runs = FlowRunFilter(deployment_id=FlowRunFilterDeploymentId(any_=[found.id]))
    past = [run for run in client.read_flow_runs(flow_run_filter=runs) if run.expected_start_time < datetime.now(UTC)]
    states = [run.state.name for run in sorted(past, key=lambda run: run.expected_start_time)]
    assert states == ["Skipped"] * 3 + ["Scheduled"] * 2
    assert client.read_flow_run(by_hand.id).state.name == "Scheduled"
    assert skip_before_start(client, deployments_of([file])) == 0
