"""Workers of this machine: processes that read shared data from one file, each on threads of its own.

Own code in place of `multiprocessing` and what builds on it, because (1) these import the main module again, and a
script of six lines that fits a model has no guard against that; (2) a worker that is killed in a queue of several
workers leaves its lock behind; here every worker has a connection of its own, which says at once that it is gone.
"""

import logging
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection, Pipe, wait
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Any, Self

from lstm.compute.executor import InOrder, Item, Rank, Result, Shared, Work, call, several
from lstm.compute.messages import receive, send
from lstm.compute.shared_file import write_shared
from lstm.errors import ConfigError, WorkerLostError

log = logging.getLogger(__name__)

TRIES = 3


@dataclass
class _Task:
    place: int
    item: Any
    tries: int = 0


@dataclass
class _Worker:
    process: subprocess.Popen[bytes]
    connection: Connection
    task: _Task | None = None


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
        workers = min(self.workers, at_once or self.workers)
        shareable, waiting = several(items)
        if workers < 2 or not shareable or os.name != "posix":
            return InOrder().map(work, shared, waiting, home)
        with _folder() as folder:
            path = folder / "shared"
            try:
                write_shared(path, shared)
            except OSError as error:  # such as of a full disk
                log.warning(
                    "%s cannot hold what workers share (%s), so that this process works alone; make room there, or set "
                    "TMPDIR", path, error,
                )  # fmt: skip
                return InOrder().map(work, shared, waiting, home)
            return self._map(work, str(path), waiting, home, workers)

    def together(
        self, work: Work[Shared, Rank, Result], shared: Shared, size: int, home: object = None
    ) -> list[Result]:
        """The results by the number of the rank; see `Executor.together`. There are `size` of them, whatever `workers`.

        Raises OSError where there is no room for what they share.
        """
        if os.name != "posix":
            raise ConfigError(f"training.ranks = {size}: there are ranks on Linux and macOS only; leave it out")
        with _folder() as folder:
            write_shared(folder / "shared", shared)
            ranks = [Rank(number, size, str(folder / "store")) for number in range(size)]
            return self._map(work, str(folder / "shared"), iter(ranks), home, size, tries=1)

    def _map(
        self, work: Any, path: str, items: Iterator[Any], home: object, workers: int, tries: int = TRIES
    ) -> list[Any]:
        results: list[Any] = []
        lost: list[_Task] = []
        try:
            while True:
                while len(self._busy) < workers:
                    task = lost.pop() if lost else _next_task(items, results)
                    if task is None:
                        break
                    task.tries += 1
                    worker = self._idle.pop() if self._idle else _begin()
                    worker.task = task
                    self._busy[worker.connection] = worker
                    send(worker.connection, work, path, task.item)
                if not self._busy:
                    return results
                for connection in wait(list(self._busy)):
                    assert isinstance(connection, Connection)
                    self._hear(connection, home, results, lost, tries)
        finally:
            while self._busy:  # an error ended the map in the middle of their work
                _end(self._busy.popitem()[1])

    def _hear(self, connection: Connection, home: object, results: list[Any], lost: list["_Task"], tries: int) -> None:
        """Does what a message of a worker asks for. Raises the error of its work."""
        worker = self._busy[connection]
        assert worker.task is not None
        try:
            kind, *content = receive(connection)
        except (EOFError, OSError):
            _end(self._busy.pop(connection))
            _refuse_lost(worker.process.returncode, worker.task.tries, tries)
            lost.append(worker.task)
            return
        if kind == "call":
            method, arguments = content
            send(connection, call(home, method, *arguments))
        elif kind == "record":
            _handle(content[0])
        elif kind == "error":
            raise content[0]
        else:
            results[worker.task.place] = content[0]
            self._idle.append(self._busy.pop(connection))


def _next_task(items: Iterator[Any], results: list[Any]) -> "_Task | None":
    """The next item with the place of its result, which is made; None after the last."""
    for item in items:
        results.append(None)
        return _Task(len(results) - 1, item)
    return None


def cores() -> int:
    """Processor cores that this process may use, within the share of its control group."""
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    try:
        quota, period = Path("/sys/fs/cgroup/cpu.max").read_text().split()
        return max(min(allowed, int(quota) // int(period)), 1)
    except (OSError, ValueError):  # no such group, or "max"
        return allowed


@contextmanager
def _folder() -> Iterator[Path]:
    """A folder for this user alone, which is gone afterwards."""
    with TemporaryDirectory(prefix="nightcast-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


def _begin() -> _Worker:
    """A new worker. It is given the module path of this process, and none that its folder would add."""
    home_end, worker_end = Pipe()
    level = logging.getLogger("lstm").getEffectiveLevel()
    call_main = f"from lstm.compute.worker import main; main({worker_end.fileno()}, {level})"
    code = f"import sys; sys.path[:] = {sys.path!r}; {call_main}"
    with worker_end:
        process = subprocess.Popen(
            [sys.executable, "-P", "-c", code], pass_fds=[worker_end.fileno()], stdin=subprocess.DEVNULL
        )
    return _Worker(process, home_end)


def _end(worker: _Worker) -> None:
    worker.connection.close()
    worker.process.kill()
    worker.process.wait()


def _refuse_lost(code: int, tried: int, most: int) -> None:
    how = f"killed by signal {-code}" if code < 0 else f"ended with {code}"
    if most == 1:
        raise WorkerLostError(
            f"a rank of the training was {how}, and the others cannot go on without it; where the machine ran out of "
            "memory, lower training.ranks",
            value=code,
        )
    if tried >= most:
        raise WorkerLostError(
            f"a worker process was {how}, {tried} times with the same work; where the machine ran out of memory, lower "
            "compute.workers",
            value=code,
        )
    log.warning("a worker process was %s; its work is done again", how)


def _handle(record: logging.LogRecord) -> None:
    logger = logging.getLogger(record.name)
    if logger.isEnabledFor(record.levelno):
        logger.handle(record)
