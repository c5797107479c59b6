"""The worker of `nightcast serve`: Prefect's own for processes, whose runs begin in half the CPU time.

Run as `python -m flows.deployment.serving_worker POOL LIMIT QUEUE...`. Left to itself, that worker starts a process for
each run that imports Prefect, looks whether there is code to fetch, and starts another, which imports it all again.
Where a job has a command of its own, Prefect starts that alone.
"""

import asyncio
import os
import sys
import warnings
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from prefect import Flow
from prefect.client.schemas.filters import (
    FlowRunFilter,
    FlowRunFilterNextScheduledStartTime,
    FlowRunFilterState,
    FlowRunFilterStateType,
    WorkPoolFilter,
    WorkPoolFilterName,
)
from prefect.client.schemas.objects import FlowRun, StateType
from prefect.client.schemas.responses import WorkerFlowRunResponse
from prefect.client.schemas.sorting import FlowRunSort
from prefect.utilities.processutils import command_to_string, setup_signal_handlers_worker
from prefect.workers import process

from flows.deployment.work_pool import ENVIRONMENT

LOOKS = 10  # for runs that wait long and may begin


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


with warnings.catch_warnings(action="ignore"):  # Prefect says that another worker of this type takes its own's place

    class ServingWorker(process.ProcessWorker):
        """Takes the runs that wait longest first.

        Prefect takes queues in the order in which they were made. Where more is due than may run at a time, the last
        pipelines waited for all others: of 200 on a slow machine the last fifty had no run.
        """

        type = "process"
        job_configuration = JobConfiguration

        async def _get_scheduled_flow_runs(self) -> list[WorkerFlowRunResponse]:
            runs = await super()._get_scheduled_flow_runs()
            if not runs:
                return runs
            pool, before = self._work_pool_name, datetime.now(UTC) + timedelta(seconds=self._prefetch_seconds)
            waiting = await self.client.read_flow_runs(
                work_pool_filter=WorkPoolFilter(name=WorkPoolFilterName(any_=[pool])),
                flow_run_filter=FlowRunFilter(
                    state=FlowRunFilterState(type=FlowRunFilterStateType(any_=[StateType.SCHEDULED])),
                    next_scheduled_start_time=FlowRunFilterNextScheduledStartTime(before_=before),
                ),
                sort=FlowRunSort.NEXT_SCHEDULED_START_TIME_ASC,
            )
            queues = list(
                dict.fromkeys(str(run.work_queue_name) for run in waiting if self._serves(run.work_queue_name))
            )
            longest: list[WorkerFlowRunResponse] = []
            # A queue may give none, since one of its runs is busy or somebody has paused it.
            for first in range(0, min(len(queues), LOOKS * len(runs)), len(runs)):
                if len(longest) < len(runs):
                    part = queues[first : first + len(runs)]
                    longest += await self.client.get_scheduled_flow_runs_for_work_pool(pool, part, before)
            taken = longest[: len(runs)] if len(longest) >= len(runs) else runs
            return sorted(taken, key=lambda entry: entry.flow_run.next_scheduled_start_time or before)

        def _serves(self, queue: str | None) -> bool:
            return not self._work_queues or queue in self._work_queues


async def work(pool: str, limit: int, queues: Sequence[str]) -> None:
    """Polls the queues until the process is asked to stop."""
    vars(process)["load_flow_from_flow_run"] = without_hooks
    worker = ServingWorker(work_pool_name=pool, work_queues=list(queues), limit=limit)
    setup_signal_handlers_worker(os.getpid(), "the worker", print)
    try:
        await worker.start()
    except asyncio.CancelledError:
        print(f"Worker {worker.name!r} stopped!")


if __name__ == "__main__":
    asyncio.run(work(sys.argv[1], int(sys.argv[2]), sys.argv[3:]))
