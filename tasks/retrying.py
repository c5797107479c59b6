"""When a task tries again: what may succeed a little later, never a user's mistake, a bad table or a failed gate."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TypedDict

import httpx
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State, TaskRun
from prefect.settings import PREFECT_CLIENT_MAX_RETRIES, temporary_settings
from prefect.tasks import Task

from lstm.steps.begin_and_end import passes as step_passes

log = logging.getLogger("tasks.retrying")

# Seconds, to which Prefect adds up to half: a database that is started anew is back within two minutes.
DELAYS = [2, 10, 30, 60]


def may_succeed_later(task: Task[..., Any], task_run: TaskRun, state: State[Any]) -> bool:
    """True for lost connections, locks, busy disks and a full GPU; Prefect asks it before it tries again."""
    try:
        state.result()
    except Exception as error:  # noqa: BLE001 - looked at, whatever it is
        later = passes(error)
        if later:
            log.warning("%s: %s; it is tried again", task.name, error)
        return later
    return False


def passes(error: Exception) -> bool:
    """Whether the same may succeed a little later. An unknown fault is a bug, which another attempt does not mend."""
    if isinstance(error, httpx.HTTPStatusError):  # Prefect's server is being started, or asks for patience
        return error.response.status_code in (429, 502, 503, 504)
    return isinstance(error, httpx.TransportError) or step_passes(error)


@contextmanager
def asking_once() -> Iterator[None]:
    """Prefect's client tries once in the block: the task around it pauses by itself.

    With the pauses of both, a run whose server had died took fifteen minutes to end.
    """
    with temporary_settings({PREFECT_CLIENT_MAX_RETRIES: 0}):
        yield


class TaskOptions(TypedDict):
    """Arguments that every task of this package has in common."""

    retries: int
    retry_delay_seconds: Any
    retry_jitter_factor: float
    retry_condition_fn: Any
    cache_policy: Any
    persist_result: bool


RETRYING = TaskOptions(
    retries=len(DELAYS),
    retry_delay_seconds=DELAYS,
    retry_jitter_factor=0.5,
    retry_condition_fn=may_succeed_later,
    # The run's manifests are the only memory of what is done; see lstm.storage.runs.run_folder.
    cache_policy=NO_CACHE,
    persist_result=False,
)
