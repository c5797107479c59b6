"""Workers of this machine: processes that read shared data from one file, each on threads of its own.

Own code in place of `multiprocessing` and what builds on it, because (1) these import the main module again, and a
script of six lines that fits a model has no guard against that; (2) a worker that is killed in a queue of several
workers leaves its lock behind; here every worker has a connection of its own, which says at once that it is gone.
"""

import logging
import os
import subprocess
import sys
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from multiprocessing.connection import Connection, Pipe, wait
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Any, Self

from lstm.compute.executor import InOrder, Item, Result, Shared, Work, call
from lstm.compute.messages import receive, send
from lstm.compute.shared_file import write_shared
from lstm.errors import WorkerLostError

log = logging.getLogger(__name__)

TRIES = 3
SECONDS_TO_END = 5.0


@dataclass
class _Worker:
    process: subprocess.Popen[bytes]
    connection: Connection
    place: int = -1  # of the item that it works on


class Processes:
    """Up to `workers` processes of this machine, begun when there is work for them, ended by `close`."""

    def __init__(self, workers: int) -> None:
        self.workers = workers
        self._idle: list[_Worker] = []
        self._busy: dict[Connection, _Worker] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Ends all workers."""
        while self._idle:
            _end(self._idle.pop())

    def map(
        self,
        work: Work[Shared, Item, Result],
        shared: Shared,
        items: Iterable[Item],
        home: object = None,
        *,
        at_once: int | None = None,
    ) -> list[Result]:
        """The results in the order of the items; see `Executor.map`.

        Raises WorkerLostError where an item's worker was killed `TRIES` times.
        """
        waiting = list(items)
        workers = min(len(waiting), self.workers, at_once or self.workers)
        if workers < 2 or os.name != "posix":
            return InOrder().map(work, shared, waiting, home)
        with TemporaryDirectory(prefix="nightcast-", ignore_cleanup_errors=True) as folder:
            path = Path(folder) / "shared"
            write_shared(path, shared)
            return self._map(work, str(path), waiting, home, workers)

    def _map(self, work: Any, path: str, items: list[Any], home: object, workers: int) -> list[Any]:
        results: list[Any] = [None] * len(items)
        open_places, tries = deque(range(len(items))), [0] * len(items)
        busy = self._busy
        try:
            while open_places or busy:
                while open_places and len(busy) < workers:
                    place = open_places.popleft()
                    worker = self._idle.pop() if self._idle else _begin()
                    busy[worker.connection], worker.place, tries[place] = worker, place, tries[place] + 1
                    send(worker.connection, work, path, items[place])
                for connection in wait(list(busy)):
                    assert isinstance(connection, Connection)
                    worker = busy[connection]
                    try:
                        kind, *content = receive(connection)
                    except (EOFError, OSError):
                        _end(busy.pop(connection))
                        _refuse_lost(worker, tries[worker.place])
                        open_places.appendleft(worker.place)
                        continue
                    if kind == "call":
                        send(connection, call(home, content[0], *content[1]))
                    elif kind == "record":
                        _handle(content[0])
                    elif kind == "error":
                        raise content[0]
                    else:
                        results[worker.place] = content[0]
                        self._idle.append(busy.pop(connection))
            return results
        finally:
            while busy:  # an error ended the map in the middle of their work
                _end(busy.popitem()[1])


def cores() -> int:
    """Processor cores that this process may use, within the share of its control group."""
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    try:
        quota, period = Path("/sys/fs/cgroup/cpu.max").read_text().split()
        return max(min(allowed, int(quota) // int(period)), 1)
    except (OSError, ValueError):  # no such group, or "max"
        return allowed


def _begin() -> _Worker:
    """A new worker. It is given the module path of this process, and none that its folder would add."""
    here, there = Pipe()
    level = logging.getLogger("lstm").getEffectiveLevel()
    code = (
        f"import sys; sys.path[:] = {sys.path!r}; from lstm.compute.worker import main; main({there.fileno()}, {level})"
    )
    with there:
        process = subprocess.Popen(
            [sys.executable, "-P", "-c", code], pass_fds=[there.fileno()], stdin=subprocess.DEVNULL
        )
    return _Worker(process, here)


def _end(worker: _Worker) -> None:
    worker.connection.close()
    worker.process.kill()
    worker.process.wait()


def _refuse_lost(worker: _Worker, tries: int) -> None:
    code = worker.process.returncode
    how = f"killed by signal {-code}" if code < 0 else f"ended with {code}"
    if tries >= TRIES:
        raise WorkerLostError(
            f"a worker process was {how}, {tries} times with the same work; where the machine ran out of memory, lower "
            "compute.workers",
            value=code,
        )
    log.warning("a worker process was %s; its work is done again", how)


def _handle(record: logging.LogRecord) -> None:
    logger = logging.getLogger(record.name)
    if logger.isEnabledFor(record.levelno):
        logger.handle(record)
