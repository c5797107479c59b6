"""Runs pipelines on this machine by their schedules: this process becomes a worker for them alone."""

import os
import signal
import sys
from collections.abc import Sequence
from typing import NoReturn

from prefect.client.orchestration import SyncPrefectClient

from flows.deployment.deployments import Deployment
from flows.deployment.work_pool import pool_type
from lstm.errors import ConfigError, DeploymentError


def serving_pool(client: SyncPrefectClient, deployments: Sequence[Deployment]) -> str:
    """The one work pool of some deployments.

    Raises ConfigError where there are two, DeploymentError for one of another type.
    """
    pools = sorted({deployment.work_pool for deployment in deployments})
    if len(pools) > 1:
        raise ConfigError(
            f"these files name several work pools ({', '.join(pools)}), and a worker has one; serve them with one "
            "command each, or give --work-pool"
        )
    kind = pool_type(client, pools[0])
    if kind != "process":
        raise DeploymentError(
            f"the work pool {pools[0]} is of type {kind}, and `nightcast serve` starts processes on this "
            "machine; start a worker of that type, or give another --work-pool"
        )
    return pools[0]


def become_worker(pool: str, queues: Sequence[str], limit: int) -> NoReturn:
    """Replaces this process by a worker that polls only these queues. limit: runs at a time."""
    command = [sys.executable, "-m", "flows.deployment.serving_worker", pool, str(limit), *queues]
    # The command was silenced for its own tables; a worker's log is all that one sees of it.
    environment = {name: text for name, text in os.environ.items() if name != "PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL"}
    # A server that is asked by many at once answers 503; with Prefect's five tries a worker calls a run crashed after a
    # minute of that, with eight after as many minutes.
    environment.setdefault("PREFECT_CLIENT_MAX_RETRIES", "8")
    sys.stdout.flush()
    # A script that starts this in the background hands down an ignored SIGINT, with which a worker ignores SIGTERM too.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    os.execve(sys.executable, command, environment)
