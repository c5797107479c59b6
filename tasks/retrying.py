"""When a task tries again: what may succeed a little later, never a user's mistake, a bad table or a failed gate."""

from typing import Any, TypedDict

import torch
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State, TaskRun
from prefect.tasks import Task, exponential_backoff
from sqlalchemy.exc import InterfaceError, OperationalError

from lstm.errors import ForecastError

TRANSIENT = (OSError, OperationalError, InterfaceError, torch.cuda.OutOfMemoryError)


def may_succeed_later(task: Task[..., Any], task_run: TaskRun, state: State[Any]) -> bool:
    """True for lost connections, locks, busy disks and a full GPU; Prefect asks it before it tries again."""
    try:
        state.result()
    except ForecastError as error:
        return error.transient
    except TRANSIENT:
        return True
    except Exception:  # noqa: BLE001 - an unknown fault is a bug, which another attempt does not mend
        return False
    return False


class TaskOptions(TypedDict):
    """Arguments that every task of this package has in common."""

    retries: int
    retry_delay_seconds: Any
    retry_jitter_factor: float
    retry_condition_fn: Any
    cache_policy: Any
    persist_result: bool


RETRYING = TaskOptions(
    retries=3,
    retry_delay_seconds=exponential_backoff(backoff_factor=1),
    retry_jitter_factor=0.5,
    retry_condition_fn=may_succeed_later,
    # The run's manifests are the only memory of what is done; see lstm.storage.run_store.
    cache_policy=NO_CACHE,
    persist_result=False,
)
