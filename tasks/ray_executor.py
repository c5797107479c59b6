"""Workers of a Ray cluster: of an existing one by its address, else of one that lives as long as the run.

The work of a run goes through Ray's core tasks inside of a Prefect task that is called directly. `ray` is an extra, and
is imported here alone.
"""

import logging
import os
import secrets
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from importlib.metadata import version
from importlib.util import find_spec
from itertools import islice
from typing import Any

from lstm.compute.executor import Executor, InOrder, Item, Rank, Result, Shared, Work, call, several
from lstm.config import secret
from lstm.errors import ConfigError, WorkerLostError
from lstm.references import RunKind
from lstm.steps.job import Job, open_processes
from tasks.ray_errors import errors_of_ours
from tasks.ray_mailbox import Mailbox, do_work, installed_version

log = logging.getLogger(__name__)

TRAINING: tuple[RunKind, ...] = ("retrain", "dry-retrain", "tune")
TRIES_TO_BEGIN = 3
# A lost node may be replaced, which takes a cloud some minutes; then the night must end with a word.
SECONDS_WITHOUT_ROOM = 600.0
SECONDS_BETWEEN_LOOKS = 0.5
CPUS = 1  # of a task
CALLS_AT_ONCE = 1_000  # of a mailbox, beside one of each worker: where those took all, none could be answered


def open_executor(job: Job) -> AbstractContextManager[Executor]:
    """The executor that the pipeline of a job asks for; a run that trains nothing does without a cluster."""
    if job.pipeline.compute.engine != "ray":
        return open_processes(job)
    return open_ray(job) if job.key.kind in TRAINING else nullcontext(InOrder())


@contextmanager
def open_ray(job: Job) -> Iterator["RayExecutor"]:
    """The executor of a job whose pipeline says `compute.engine = "ray"`.

    Raises ConfigError where Ray is not installed, the cluster has other versions, or cannot be reached.
    """
    if find_spec("ray") is None:
        raise ConfigError('compute.engine = "ray" needs the extra ray: pip install "nightcast[ray]"')
    compute = job.pipeline.compute
    address = secret(compute.address, blocks=job.blocks) if compute.address else None
    if address is None:
        _ask_for_tokens()
    import ray

    begins = not ray.is_initialized()
    if begins:
        _join(address) if address else _begin(compute.workers)
    try:
        cores = sum(int(node["Resources"].get("CPU", 0)) for node in ray.nodes() if node["Alive"])
        executor = RayExecutor(compute.workers or max(cores, 1), elsewhere=address is not None)
        executor.compare_versions()
        yield executor
    finally:
        if begins:
            ray.shutdown()


def _join(address: str) -> None:
    import ray

    try:
        ray.init(address=address, log_to_driver=False, logging_level=logging.WARNING)
    except (RuntimeError, ConnectionError, ValueError) as error:
        # Ray compares versions of Ray and Python itself, and says both.
        raise ConfigError(f"compute.address: the Ray cluster cannot be used: {error}") from error


def _ask_for_tokens() -> None:
    """Sets up a cluster of this machine that answers to our token only: Ray listens on all addresses there are.

    Raises ConfigError where Ray, which reads its settings when it is imported, was imported without tokens.
    """
    if "ray" in sys.modules:
        if os.environ.get("RAY_AUTH_MODE") != "token":
            raise ConfigError(
                "this process has imported ray without tokens, so that a cluster of it would answer to everybody; set "
                "RAY_AUTH_MODE=token and RAY_AUTH_TOKEN before, or name a cluster in compute.address"
            )
    else:
        os.environ |= {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": secrets.token_hex(32)}
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
        os.environ.setdefault("RAY_worker_niceness", "0")  # else its workers starve beside others


def _begin(workers: int | None) -> None:
    """A cluster of this machine."""
    import ray

    for attempt in range(1, TRIES_TO_BEGIN + 1):
        try:
            ray.init(
                address="local", num_cpus=workers, include_dashboard=False, log_to_driver=False,
                logging_level=logging.WARNING,
            )  # fmt: skip
        except (RuntimeError, ConnectionError, TimeoutError) as error:
            ray.shutdown()
            # On a busy machine its parts give up after seconds that cannot be set.
            if attempt == TRIES_TO_BEGIN:
                raise WorkerLostError(f"Ray could not begin a cluster on this machine: {error}") from error
            log.warning("Ray did not begin (%s); it is tried again", error)
        else:
            return


def _only_on(node: str) -> Any:
    """Where a task or an actor is put: on this node, by its id, and on no other."""
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    return NodeAffinitySchedulingStrategy(node, soft=False)


class RayExecutor:
    """An executor whose items are tasks of Ray; see `lstm.compute.executor.Executor`.

    elsewhere: whether its nodes are other machines, so that the memory of this one says nothing of how many tasks fit.
    """

    def __init__(self, workers: int, *, elsewhere: bool = False) -> None:
        import ray

        self.workers, self._elsewhere = workers, elsewhere
        # A task whose worker or node was lost is tried again by Ray, elsewhere.
        self._remote = ray.remote(num_cpus=CPUS, max_retries=3)(do_work)
        # On the node of this process, so that no other node takes it along when it is lost.
        home = _only_on(ray.get_runtime_context().get_node_id())
        options: dict[str, Any] = {"scheduling_strategy": home, "max_concurrency": workers + CALLS_AT_ONCE}
        self._mailbox = ray.remote(num_cpus=0, **options)(Mailbox)

    def compare_versions(self) -> None:
        """Raises ConfigError where a node has another Nightcast or none, WorkerLostError where it does not answer."""
        import ray

        expected = version("nightcast")
        # Without a core, which others may have taken for hours.
        ask = ray.remote(num_cpus=0)(do_work)
        nodes = [node["NodeID"] for node in ray.nodes() if node["Alive"] and node["Resources"].get("CPU", 0) >= CPUS]
        answers = [
            ask.options(scheduling_strategy=_only_on(node)).remote(installed_version, None, None, None)
            for node in nodes
        ]
        try:
            versions = set(ray.get(answers, timeout=SECONDS_WITHOUT_ROOM))
        except ray.exceptions.RayTaskError as error:  # such as of a module that is not there
            raise ConfigError(
                f"the Ray cluster cannot run Nightcast {expected}; install it on all of its nodes: {error}"
            ) from error
        except ray.exceptions.RayError as error:  # such as of a node that is lost meanwhile, or too slow
            raise WorkerLostError(
                f"a node of the Ray cluster does not answer: {type(error).__name__}: {error}"
            ) from error
        if versions - {expected}:
            raise ConfigError(
                f"the Ray cluster has Nightcast {' and '.join(sorted(versions))}, and this run is of {expected}; "
                "install the same on all of its nodes"
            )

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

        Raises WorkerLostError where workers or nodes were lost again and again, or no node has room for a task.
        """
        import ray

        if at_once is None or (self._elsewhere and at_once > 1):
            at_once = self.workers
        workers = min(self.workers, at_once)
        shareable, waiting = several(items)
        if workers < 2 or not shareable:
            return InOrder().map(work, shared, waiting, home)
        mailbox: Any = self._mailbox.remote()
        try:
            with errors_of_ours():
                return self._map(mailbox, work, shared, waiting, home, workers)
        finally:
            ray.kill(mailbox)

    def together(
        self, work: Work[Shared, Rank, Result], shared: Shared, size: int, home: object = None
    ) -> list[Result]:
        """Raises ConfigError: ranks are processes of one machine."""
        raise ConfigError('training.ranks works on one machine, and not with compute.engine = "ray"; leave it out')

    def _map(self, mailbox: Any, work: Any, shared: Any, items: Iterator[Any], home: object, workers: int) -> list[Any]:
        import ray

        results: list[Any] = []
        reference, running = ray.put(shared), dict[Any, int]()
        room = time.monotonic()
        try:
            while True:
                for item in islice(items, workers - len(running)):
                    running[self._remote.remote(work, reference, item, mailbox)] = len(results)
                    results.append(None)
                if not running:
                    return results
                self._answer(mailbox, home)
                for ended in ray.wait(list(running), num_returns=len(running), timeout=0)[0]:
                    results[running.pop(ended)] = ray.get(ended)
                room = time.monotonic() if self._has_room() else room
                if time.monotonic() - room > SECONDS_WITHOUT_ROOM:
                    raise WorkerLostError(
                        f"no node of the Ray cluster has had room for {SECONDS_WITHOUT_ROOM:g} seconds for a task of "
                        f"{CPUS} CPU; add a node, or use another cluster"
                    )
        finally:
            for left in running:  # an error ended the map in the middle of their work
                ray.cancel(left, force=True)

    def _answer(self, mailbox: Any, home: object) -> None:
        """Does what the works have called home for since the last look."""
        import ray

        answers = {}
        for number, method, arguments in ray.get(mailbox.take.remote(SECONDS_BETWEEN_LOOKS)):
            answers[number] = call(home, method, *arguments)
        if answers:
            ray.get(mailbox.answer.remote(answers))

    def _has_room(self) -> bool:
        """Whether a living node could ever take a task."""
        import ray

        nodes = [node["Resources"] for node in ray.nodes() if node["Alive"]]
        return any(node.get("CPU", 0) >= CPUS for node in nodes)
