"""Work for executors, in a module that a worker can import."""

import logging
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from lstm.compute.executor import CallHome, Rank
from lstm.errors import DataError


class Home:
    """What work calls."""

    def __init__(self) -> None:
        self.heard: list[int] = []

    def hear(self, item: int) -> None:
        self.heard.append(item)

    def double(self, item: int) -> int:
        return 2 * item


def total(shared: Any, item: int, call_home: CallHome) -> float:
    return float(shared["numbers"][:item].sum())


def process_of(shared: Any, item: int, call_home: CallHome) -> tuple[int, bool]:
    """The process, and whether its array lies in the mapped file, not in memory of its own."""
    return os.getpid(), shared["numbers"].flags.owndata


def told_home(shared: Any, item: int, call_home: CallHome) -> int:
    call_home("hear", item)
    answer: int = call_home("double", item)
    return answer


def logged(shared: Any, item: int, call_home: CallHome) -> None:
    logging.getLogger("lstm.work").info("item %s of %s", item, object)


def refused(shared: Any, item: int, call_home: CallHome) -> int:
    if item == 1:
        raise DataError("a value is wrong", series="a", line=7)
    return item


class UnsendableError(Exception):
    """Cannot be made again from its pickle."""

    def __init__(self, reason: str, place: int) -> None:
        super().__init__(f"{reason} {place}")


def unsendable(shared: Any, item: int, call_home: CallHome) -> None:
    raise UnsendableError("no way", item)


def unpicklable(shared: Any, item: int, call_home: CallHome) -> Any:
    return lambda: item


def meets(shared: Any, rank: Rank, call_home: CallHome) -> int:
    """Ends when all ranks have begun."""
    folder = Path(rank.store).parent
    (folder / f"{rank.number}.begun").touch()
    deadline = time.monotonic() + 60
    while len(list(folder.glob("*.begun"))) < rank.size:
        assert time.monotonic() < deadline
    return int(rank.number * shared)


def last_rank_dies(shared: Any, rank: Rank, call_home: CallHome) -> None:
    if rank.number == rank.size - 1:
        os.kill(os.getpid(), signal.SIGKILL)
    signal.pause()


def killed_once(shared: Path, item: int, call_home: CallHome) -> int:
    """Dies in its first try."""
    mark = shared / str(item)
    if not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return item


def killed(shared: Any, item: int, call_home: CallHome) -> int:
    os.kill(os.getpid(), signal.SIGKILL)
    return item


def changes(shared: Any, item: int, call_home: CallHome) -> float:
    shared["numbers"][:] = -1.0
    return float(shared["numbers"].sum())


def waits_for_its_end(shared: Path, item: int, call_home: CallHome) -> None:
    """Writes its process id and goes on for ever."""
    (shared / f"{item}.begun").write_text(str(os.getpid()))
    (shared / f"{item}.begun").rename(shared / f"{item}.pid")
    while True:
        signal.pause()


def pauses() -> None:
    signal.pause()


def stands_still() -> float:
    """A clock."""
    return 0.0


class KillsNode:
    """Kills a node of a Ray cluster when work on it calls."""

    def __init__(self, kill: Callable[[], None], node: str) -> None:
        self.kill, self.node, self.killed = kill, node, False

    def works_on(self, node: str) -> bool:
        """Whether the work may end."""
        if node != self.node:
            return self.killed
        self.killed = True
        self.kill()
        return True


def until_a_node_is_lost(shared: Any, item: int, call_home: CallHome) -> int:
    import ray

    deadline = time.monotonic() + 300
    while not call_home("works_on", ray.get_runtime_context().get_node_id()):
        assert time.monotonic() < deadline
    return item
