"""The worker of `nightcast serve`: Prefect's own for processes, whose runs begin in half the CPU time.

Run as `python -m flows.deployment.serving_worker POOL LIMIT QUEUE...`. Left to itself, that worker starts a process for
each run that imports Prefect, looks whether there is code to fetch, and starts another, which imports it all again.
Where a job has a command of its own, Prefect starts that alone.
"""

import asyncio
import os
import sys
from collections.abc import Sequence
from typing import Any

from prefect import Flow
from prefect.client.schemas.objects import FlowRun
from prefect.utilities.processutils import command_to_string, setup_signal_handlers_worker
from prefect.workers import process

from flows.deployment.work_pool import ENVIRONMENT


class JobConfiguration(process.ProcessJobConfiguration):
    """A job whose process is `flow_process`, unless somebody has given it a command in the UI."""

    def prepare_for_flow_run(self, *arguments: Any, **named: Any) -> None:
        """What Prefect does with it before it starts."""
        if self.command is None:
            # By `env`, since Prefect lets the worker's own settings, such as its patience, win over those of the job.
            settings = [f"{name}={self.env[name]}" for name in ENVIRONMENT if name in self.env]
            self.command = command_to_string(["env", *settings, sys.executable, "-m", "flows.deployment.flow_process"])
        super().prepare_for_flow_run(*arguments, **named)


async def without_hooks(flow_run: FlowRun) -> "Flow[[], None]":
    """The flow of a run that has crashed, as far as the worker needs it: for its hooks, of which ours have none.

    Prefect would import the flow, and torch with it, into the worker. While that lasts, whoever starts the run again is
    not heard, and then that start is called crashed, too.
    """
    return Flow(lambda: None, name="without hooks")


async def work(pool: str, limit: int, queues: Sequence[str]) -> None:
    """Polls the queues until the process is asked to stop."""
    vars(process)["load_flow_from_flow_run"] = without_hooks
    worker = process.ProcessWorker(work_pool_name=pool, work_queues=list(queues), limit=limit)
    worker.job_configuration = JobConfiguration
    setup_signal_handlers_worker(os.getpid(), "the worker", print)
    try:
        await worker.start()
    except asyncio.CancelledError:
        print(f"Worker {worker.name!r} stopped!")


if __name__ == "__main__":
    asyncio.run(work(sys.argv[1], int(sys.argv[2]), sys.argv[3:]))
