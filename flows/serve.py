"""Runs pipelines on this machine by their schedules: registers them, and becomes a worker for them alone."""

import os
import sys
from collections.abc import Sequence
from typing import NoReturn

from prefect.client.orchestration import SyncPrefectClient

from flows.deployments import Planned
from lstm.errors import ConfigError, DeploymentError


def serving_pool(plans: Sequence[Planned]) -> str:
    """The work pool that all plans name. Raises ConfigError where there are two: a worker has one."""
    pools = sorted({plan.pipeline.schedule.work_pool for plan in plans})
    if len(pools) > 1:
        raise ConfigError(
            f"these files name several work pools ({', '.join(pools)}), and a worker has one; serve them with one "
            "command each, or give --work-pool"
        )
    return pools[0]


def refuse_other_types(client: SyncPrefectClient, pool: str) -> None:
    """Raises DeploymentError for a pool whose runs are no processes of this machine."""
    kind = client.read_work_pool(pool).type
    if kind != "process":
        raise DeploymentError(
            f"the work pool {pool} is of type {kind}, and serve runs processes of this machine; start a worker of that "
            "type, or give another --work-pool"
        )


def become_worker(pool: str, queues: Sequence[str]) -> NoReturn:
    """Replaces this process by Prefect's own worker, which polls only these queues."""
    command = [sys.executable, "-m", "prefect", "worker", "start", "--pool", pool, "--type", "process"]
    for queue in queues:
        command += ["--work-queue", queue]
    # The command was silenced for its own tables; a worker's log is all that one sees of it.
    environment = {name: text for name, text in os.environ.items() if name != "PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL"}
    sys.stdout.flush()
    os.execve(sys.executable, command, environment)
