"""Work pools and queues: where a deployment's runs wait for a worker, and what a worker gives them."""

from typing import Any

from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.actions import WorkPoolCreate
from prefect.exceptions import ObjectNotFound
from prefect.workers.process import ProcessWorker

# Runs at a time, of all pipelines: each start of one costs ten seconds of a core and some hundred requests, and of 29
# that began at one minute on a server with SQLite eight crashed.
AT_A_TIME = 4

ENVIRONMENT = {
    # A folder of the user's that is called `flows` or `tasks` must not be imported in place of ours.
    "PYTHONSAFEPATH": "1",
    # Threads that sleep while they wait, see flows/cli/startup.py.
    "OMP_WAIT_POLICY": "PASSIVE",
    "PREFECT_LOGGING_EXTRA_LOGGERS": "flows,tasks,lstm",
    # Seconds; a run that is silent for three beats is taken for dead, see flows/deployment/automations.yaml.
    "PREFECT_FLOWS_HEARTBEAT_FREQUENCY": "30",
    # As Prefect has it by itself: the patience of a worker, see flows/deployment/serve.py, is too long for a run's end.
    "PREFECT_CLIENT_MAX_RETRIES": "5",
}


def pool_type(client: SyncPrefectClient, name: str) -> str:
    """Type of the work pool of that name, which is made, for processes and with a limit, where there is none."""
    try:
        return client.read_work_pool(name).type
    except ObjectNotFound:
        template = ProcessWorker.get_default_base_job_template()
        client.create_work_pool(
            WorkPoolCreate(name=name, type="process", base_job_template=template, concurrency_limit=AT_A_TIME)
        )
        return "process"


def limit_advice(client: SyncPrefectClient, name: str) -> str | None:
    """What to do about a work pool that lets any number of runs begin at once; None for one with a limit.

    It may run flows of others, too, so its limit is left to whoever made it.
    """
    if client.read_work_pool(name).concurrency_limit is not None:
        return None
    return (
        f"The work pool {name} has no limit, so all runs that are due begin at once. For {AT_A_TIME} at a time: "
        f"prefect work-pool set-concurrency-limit {name!r} {AT_A_TIME}"
    )


def ensure_queue(client: SyncPrefectClient, name: str, pool: str, at_a_time: int | None) -> None:
    """Makes a queue that lets so many runs through at a time; leaves a limit that someone has set as it is."""
    try:
        queue = client.read_work_queue_by_name(name, work_pool_name=pool)
    except ObjectNotFound:
        why = f"Runs of the pipeline {name}, one at a time." if at_a_time == 1 else "Runs by hand."
        client.create_work_queue(name, description=why, concurrency_limit=at_a_time, work_pool_name=pool)
        return
    if queue.concurrency_limit is None and at_a_time is not None:
        client.update_work_queue(queue.id, concurrency_limit=at_a_time)


def job_variables(pool_type: str) -> dict[str, Any]:
    """What a worker of a pool of that type gives each run, over the pool's own defaults."""
    # A process starts in a new folder of its own: Prefect imports from the working directory first, and a folder of
    # the user's that is called `flows` would be taken for ours.
    return {"env": ENVIRONMENT} | ({"working_dir": None} if pool_type == "process" else {})
