"""The retry rule: what may succeed a little later is tried again, a user's mistake or a bad table never."""

import errno
import importlib
import pkgutil
import socket
import threading
from contextlib import suppress
from typing import Any

import httpx
import pytest
import torch
from prefect import Task
from prefect.client.orchestration import get_client
from prefect.settings import PREFECT_API_URL, temporary_settings
from prefect.states import Failed
from sqlalchemy.exc import OperationalError

import tasks
from lstm.errors import (
    ConfigError,
    DataError,
    DivergedError,
    ForecastError,
    RunBusyError,
    SinkUnavailableError,
    SourceUnavailableError,
    StoreUnavailableError,
)
from tasks.retrying import asking_once, may_succeed_later
from tasks.wrapped_steps import begin

REQUEST = httpx.Request("POST", "http://127.0.0.1:4200/api")

NO_RUN: Any = None  # the rule looks at the state alone


def every_task():
    """The Prefect tasks of all modules of the package, by name."""
    modules = [importlib.import_module(f"tasks.{found.name}") for found in pkgutil.iter_modules(tasks.__path__)]
    return {one.name: one for module in modules for one in vars(module).values() if isinstance(one, Task)}


def refused_by_server(status):
    return httpx.HTTPStatusError("no", request=REQUEST, response=httpx.Response(status))


@pytest.mark.parametrize(
    "error",
    [
        SourceUnavailableError("away"),
        StoreUnavailableError("locked"),
        SinkUnavailableError("away"),
        OSError("the disk is busy"),
        OSError(errno.EBUSY, "Device or resource busy"),
        OSError(errno.EAGAIN, "Resource temporarily unavailable"),
        OSError(errno.ESTALE, "Stale file handle"),
        OSError(errno.EIO, "Input/output error"),
        ConnectionResetError(errno.ECONNRESET, "Connection reset by peer"),
        TimeoutError("timed out"),
        OperationalError("select 1", {}, Exception("gone")),
        torch.OutOfMemoryError("CUDA out of memory"),
        httpx.ConnectError("Connection refused"),
        refused_by_server(503),
    ],
    ids=repr,
)
def test_what_is_away_is_tried_again(error):
    """Lost connections, locks and busy disks."""
    assert may_succeed_later(begin, NO_RUN, Failed(data=error))


@pytest.mark.parametrize(
    "error",
    [
        ConfigError("typo"),
        DataError("twice"),
        DivergedError("nan"),
        RunBusyError("busy"),
        FileNotFoundError(errno.ENOENT, "No such file or directory"),
        PermissionError(errno.EACCES, "Permission denied"),
        OSError(errno.EROFS, "Read-only file system"),
        OSError(errno.ENOSPC, "No space left on device"),
        IsADirectoryError(errno.EISDIR, "Is a directory"),
        ZeroDivisionError("a bug"),
        refused_by_server(422),
    ],
    ids=repr,
)
def test_a_mistake_or_a_bug_has_one_attempt(error):
    """Another attempt would end the same."""
    assert not may_succeed_later(begin, NO_RUN, Failed(data=error))


def test_every_error_of_ours_says_whether_it_passes():
    """Law: only what is away or lost is transient; all else would end the same, so it has one attempt."""

    def below(kind):
        return {kind} | {one for child in kind.__subclasses__() for one in below(child)}

    passing = {kind.__name__ for kind in below(ForecastError) if kind.transient}
    unavailable = {"SourceUnavailableError", "StoreUnavailableError", "SinkUnavailableError"}
    assert passing == {*unavailable, "WorkerLostError"}


@pytest.mark.parametrize("name", sorted(every_task()))
def test_every_task_has_the_rule_with_growing_and_jittered_delays(name):
    """Law: no task retries otherwise, and none uses Prefect's cache beside the run's manifests."""
    task = every_task()[name]
    assert task.retry_condition_fn is may_succeed_later
    assert task.retries == len(task.retry_delay_seconds)
    assert task.retry_delay_seconds == sorted(task.retry_delay_seconds)
    assert 60 <= sum(task.retry_delay_seconds) <= 180  # a database that is started anew is back by then
    assert task.retry_jitter_factor > 0
    assert type(task.cache_policy).__name__ == "_None"
    assert task.persist_result is False


def test_a_client_inside_a_task_that_pauses_asks_once():
    """Law: one of them retries; a request in the block reaches a server that drops connections a single time."""
    asked = []
    with socket.create_server(("127.0.0.1", 0)) as dropping:

        def drop():
            with suppress(OSError):
                while True:
                    connection, _ = dropping.accept()
                    asked.append(1)  # before the client can know that it was dropped
                    connection.close()

        threading.Thread(target=drop, daemon=True).start()
        url = f"http://127.0.0.1:{dropping.getsockname()[1]}/api"
        with temporary_settings({PREFECT_API_URL: url}), asking_once(), pytest.raises(httpx.TransportError):
            get_client(sync_client=True).request("POST", "/events", json=[])
    assert len(asked) == 1


def test_all_tasks_are_walked():
    """The law above holds for whoever is added; these are there today."""
    assert {
        "begin",
        "ingest",
        "window",
        "train",
        "evaluate",
        "forecast",
        "publish",
        "deliver",
        "report",
        "tell",
    } <= set(every_task())
