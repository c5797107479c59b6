"""What the worker of `nightcast serve` starts for a run. That it carries out runs, also after a crash, is tried in
`test_worker.py` and `tests/flows/test_faults.py`.
"""

import shlex
import sys
from uuid import uuid4

import pytest
from prefect.client.schemas.objects import FlowRun

from flows.deployment.serving_worker import JobConfiguration
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
