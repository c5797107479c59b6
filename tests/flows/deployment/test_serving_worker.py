"""What the worker of `nightcast serve` starts for a run. That it carries out runs, also after a crash, is tried in
`test_worker.py` and `tests/flows/test_faults.py`.
"""

import asyncio
import shlex
import sys
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from deployed import deploy, write
from prefect.client.schemas.actions import WorkPoolCreate, WorkPoolUpdate
from prefect.client.schemas.objects import FlowRun, State
from prefect.states import Scheduled

from flows.deployment.serving_worker import JobConfiguration, ServingWorker
from flows.deployment.work_pool import ENVIRONMENT


@pytest.fixture
def flow_run() -> FlowRun:
    return FlowRun(id=uuid4(), flow_id=uuid4())


def test_a_run_is_one_process_with_the_settings_of_its_job(flow_run):
    """Law: the job's settings stand before the command, since Prefect lets the worker's own win over the environment.

    Nobody else's do: what a user gives a job may be a secret, and a command can be read by all of the machine.
    """
    job = JobConfiguration(env=ENVIRONMENT | {"PREFECT_CLIENT_MAX_RETRIES": "3", "WAREHOUSE_URL": "secret"})
    job.prepare_for_flow_run(flow_run)
    words = shlex.split(str(job.command))
    settings, command = words[1 : 1 + len(ENVIRONMENT)], words[1 + len(ENVIRONMENT) :]
    assert words[0] == "env"
    assert set(settings) == {f"{k}={v}" for k, v in (ENVIRONMENT | {"PREFECT_CLIENT_MAX_RETRIES": "3"}).items()}
    assert command == [sys.executable, "-m", "flows.deployment.flow_process"]
    assert job.env["WAREHOUSE_URL"] == "secret"


def test_a_command_that_somebody_has_set_stays(flow_run):
    job = JobConfiguration(command="nice python -m prefect.engine")
    job.prepare_for_flow_run(flow_run)
    assert job.command == "nice python -m prefect.engine"


@pytest.fixture
def waiting(tmp_path, client) -> dict[str, list[str]]:
    """Names of the pipelines of runs that wait in a pool with room for one, and what each answer may be.

    The one that was deployed first waits for the shortest time.
    """
    client.create_work_pool(WorkPoolCreate(name="fair", type="process", concurrency_limit=1))
    for minutes, name in enumerate(("first", "second", "third"), start=1):
        deploy(write(tmp_path, name, 'forecast = "off"\nwork_pool = "fair"'))
        due: State[Any] = Scheduled(scheduled_time=datetime.now(UTC) - timedelta(minutes=minutes))
        client.create_flow_run_from_deployment(client.read_deployment_by_name(f"forecast/{name}").id, state=due)
    return {"": ["third"], "first second": ["second"]}


def test_the_run_that_waits_longest_is_taken_first(waiting, client):
    """Law: no pipeline waits for those that were deployed before it; those that others serve are left to them.

    A queue that is paused waits for ever, and keeps nobody.
    """

    async def taken(queues: str) -> list[str]:
        async with ServingWorker(work_pool_name="fair", work_queues=queues.split() or None) as worker:
            runs = await worker._get_scheduled_flow_runs()
        return [client.read_flow_run(run.flow_run.id).work_queue_name for run in runs]

    assert {queues: asyncio.run(taken(queues)) for queues in waiting} == waiting
    third = client.read_work_queue_by_name("third", work_pool_name="fair")
    client.update_work_queue(third.id, is_paused=True)
    assert asyncio.run(taken("")) == ["second"]
    client.update_work_pool("fair", WorkPoolUpdate(concurrency_limit=10))
    assert asyncio.run(taken("")) == ["second", "first"]
