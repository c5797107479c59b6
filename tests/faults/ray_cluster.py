"""A Ray cluster of two nodes made on this machine, whose workers and nodes can be killed."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from faults.processes import kill

import ray_jobs  # noqa: F401 - before Ray is imported: its clusters ask for a token

ADDRESS = "FAULTS_RAY_ADDRESS"  # Ray itself would use RAY_ADDRESS
TRIES = 5
WORKING, WAITING = "ray::do_work", "ray::IDLE"


class Nodes:
    """A head, where a run's own process works too, and a second node, each with room for one task.

    head: more of how the head is begun. A head that is begun anew has another address.
    """

    def __init__(self, **head: Any) -> None:
        os.environ |= {"RAY_worker_niceness": "0"}  # else its workers starve beside others
        self._head = {"num_cpus": 1, **head}
        self.begin()

    def begin(self) -> None:
        """Begins both, where there are none, and tells every process that follows of their address."""
        from ray.cluster_utils import Cluster

        self._cluster = _tried(lambda: Cluster(True, head_node_args=self._head))
        self._join()
        os.environ[ADDRESS] = str(self._cluster.address)

    def end(self) -> None:
        """Ends both, and all that they started."""
        self._cluster.shutdown()

    def kill_worker(self) -> bool:
        """SIGKILL to a process that works for a run, else to one that waits for work; answers whether it worked."""
        pids = [pid for node in (self._second, self._cluster.head_node) for pid in _below(_pid(node, "raylet"))]
        working = [pid for pid in pids if _name(pid).startswith(WORKING)]
        for pid in (working or [pid for pid in pids if _name(pid).startswith(WAITING)])[:1]:
            kill(pid)
        return bool(working)

    def kill_node(self) -> bool:
        """SIGKILL to all of the second node, in whose place another is begun; answers whether it worked for a run."""
        working = any(_name(pid).startswith(WORKING) for pid in _below(_pid(self._second, "raylet")))
        self._cluster.remove_node(self._second, allow_graceful=False)
        self._join()
        return working

    def _join(self) -> None:
        self._second = _tried(lambda: self._cluster.add_node(num_cpus=1))

    def kill_head(self) -> None:
        """SIGKILL to the process that knows all of the cluster (GCS), and to no other."""
        kill(_pid(self._cluster.head_node, "gcs_server"))


FILLER = """
import sys, numpy, ray
ray.init(address=sys.argv[1], log_to_driver=False)
held = []
for size in (1_000_000, 100_000, 10_000, 1_000):
    try:
        while len(held) < int(sys.argv[2]):
            held.append(ray.put(numpy.ones(size)))
    except (ray.exceptions.ObjectStoreFullError, ray.exceptions.OutOfDiskError):
        pass
print("held", flush=True)
sys.stdin.read()
"""


@contextmanager
def filled(objects: int) -> Iterator[None]:
    """Another process on the cluster, which holds so many objects of 8 megabytes; of less, where there is no room."""
    command = [sys.executable, "-c", FILLER, os.environ[ADDRESS], str(objects)]
    holder = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert holder.stdout is not None
        if "held" not in holder.stdout.readline():
            raise RuntimeError("the store could not be filled")
        yield
    finally:
        holder.kill()
        holder.wait()


@contextmanager
def two_nodes(**head: Any) -> Iterator[Nodes]:
    """A cluster, gone at the end."""
    nodes = Nodes(**head)
    try:
        yield nodes
    finally:
        nodes.end()


def _tried(begin: Callable[[], Any]) -> Any:
    """What is begun: on a busy machine Ray's parts give up after seconds that cannot be set."""
    for _ in range(TRIES - 1):
        with suppress(Exception):
            return begin()
    return begin()


def _pid(node: Any, kind: str) -> int:
    (started,) = node.all_processes[kind]
    return int(started.process.pid)


def _name(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace")
    except OSError:
        return ""


def _below(pid: int) -> list[int]:
    try:
        lists = [file.read_text() for file in Path(f"/proc/{pid}/task").glob("*/children")]
    except OSError:
        return []
    children = [int(child) for text in lists for child in text.split()]
    return children + [further for child in children for further in _below(child)]
