"""The members of a model, trained by whoever does the work: one after the other, or each in a process of its own."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from operator import itemgetter
from typing import Any, TypeVar

import torch

from lstm.compute.executor import CallHome, Rank, fitting_into
from lstm.errors import ConfigError, DeadlineError
from lstm.model.fitting.fit_job import FitJob
from lstm.model.fitting.member import FittedMember, Plan, batch_size_of, fit_member
from lstm.model.fitting.memory_needed import memory_needed
from lstm.model.forecaster.card import ModelCard
from lstm.model.training.checkpoint import EpochRow
from lstm.model.training.ranks import ALONE, Ranks, device_of, join
from lstm.model.training.runtime import Deadline, Runtime, tell_nobody

# A process takes some 2.5 seconds of a core until it has imported torch, and a step some 5 milliseconds.
STEPS_WORTH_A_PROCESS = 1_000

Item = TypeVar("Item")
Ended = TypeVar("Ended")


@dataclass(frozen=True)
class _Shared:
    """What all members read. train: makes of an item a member. job: without what cannot travel; see `Home`.

    items: all of them, for ranks, which train one after the other.
    """

    job: FitJob
    card: ModelCard
    train: Callable[[FitJob, ModelCard, Any], Any]
    items: Sequence[Any] = ()


@dataclass(frozen=True)
class Home:
    """What a member in training reaches where the fit was begun: checkpoints, the deadline, who hears of epochs."""

    runtime: Runtime
    deadline: Deadline

    def read(self, name: str) -> bytes | None:
        """The checkpoint of a phase."""
        return self.runtime.checkpoints.read(name)

    def write(self, name: str, content: bytes) -> None:
        """Keeps the checkpoint of a phase."""
        self.runtime.checkpoints.write(name, content)

    def hear(self, phase: str, row: EpochRow) -> None:
        """Tells of an epoch."""
        self.runtime.on_epoch(phase, row)

    def seconds(self) -> float:
        """Seconds of training so far."""
        return self.deadline.seconds


@dataclass(frozen=True)
class _CheckpointsAtHome:
    """Those of where the fit was begun; of several ranks the first one writes."""

    call_home: CallHome
    writes: bool

    def read(self, name: str) -> bytes | None:
        content: bytes | None = self.call_home("read", name)
        return content

    def write(self, name: str, content: bytes) -> None:
        if self.writes:
            self.call_home("write", name, content)


def map_members(
    job: FitJob, card: ModelCard, train: Callable[[FitJob, ModelCard, Item], Ended], items: Sequence[Item]
) -> list[Ended]:
    """What `train` makes of each item, a plan or a fitted member, by the executor of the job."""
    travels = replace(job, runtime=Runtime(job.runtime.device, job.runtime.clock))
    shared, home = _Shared(travels, card, train), Home(job.runtime, job.deadline)
    if job.training.ranks > 1:
        return _in_time(job, _by_ranks(job, replace(shared, items=items), home))
    executor, order = job.runtime.executor, list(range(len(items)))
    if executor.workers > 1:  # what takes longest begins first, so that no core waits for it at the end
        order.sort(key=lambda place: -_look_back(items[place]))
    in_order = executor.map(_train_one, shared, [items[place] for place in order], home, at_once=_at_once(job))
    return _in_time(job, [member for _, member in sorted(zip(order, in_order, strict=True), key=itemgetter(0))])


def _in_time(job: FitJob, ended: list[Ended]) -> list[Ended]:
    """The members, whose seconds count for the deadline."""
    for member in ended:
        if isinstance(member, FittedMember) and member.trained.history:
            job.deadline.goes_on_from(member.trained.history[-1].seconds)
    return ended


def _by_ranks(job: FitJob, shared: _Shared, home: Home) -> list[Any]:
    """The members, each trained by several processes together. Raises ConfigError where these have no work."""
    ranks, batch_size = job.training.ranks, batch_size_of(job, shared.card)
    if ranks > batch_size:
        raise ConfigError(
            f"training.ranks = {ranks} cannot share batches of {batch_size} windows; lower it, or raise "
            "training.batch_size"
        )
    return job.runtime.executor.together(_train_as_rank, shared, ranks, home)[0]


def _train_as_rank(shared: _Shared, rank: Rank, call_home: CallHome) -> list[Any]:
    """The members, of the first rank; the others answer none."""
    logger = logging.getLogger("lstm.model")
    logger.setLevel(logging.NOTSET if rank.number == 0 else logging.CRITICAL)  # they would say the same
    device = device_of(rank, shared.job.runtime.device)
    job = replace(shared.job, runtime=replace(shared.job.runtime, device=device))
    try:
        ranks = join(rank, device)
        members = [_train_one(replace(shared, job=job), item, call_home, ranks) for item in shared.items]
        ranks.agreed(True)
    finally:
        logger.setLevel(logging.NOTSET)
    return members if ranks.first else []


def _look_back(item: Any) -> int:
    plan: Plan = item.plan if isinstance(item, FittedMember) else item
    return plan.view.look_back


def _at_once(job: FitJob) -> int | None:
    """How many members are trained at once: one where a process costs more than it saves, or on a device of its own."""
    if job.training.max_epochs * job.training.epoch_steps < STEPS_WORTH_A_PROCESS or job.runtime.device.type != "cpu":
        return 1
    return fitting_into(job.runtime.free_memory, memory_needed(job).total)


def fit_in_time(job: FitJob, card: ModelCard, plan: Plan) -> FittedMember | DeadlineError:
    """The fitted member, or why there was no time for it; see `fit_member`."""
    try:
        return fit_member(job, card, plan)
    except DeadlineError as error:
        return error


def _train_one(shared: _Shared, item: Any, call_home: CallHome, ranks: Ranks = ALONE) -> Any:
    torch.set_num_threads(shared.card.threads)
    job = shared.job
    deadline = Deadline(job.runtime.clock, job.training.deadline, ranks)
    deadline.goes_on_from(call_home("seconds"))
    runtime = replace(
        job.runtime,
        checkpoints=_CheckpointsAtHome(call_home, writes=ranks.first),
        on_epoch=partial(call_home, "hear") if ranks.first else tell_nobody,
        ranks=ranks,
    )
    return shared.train(replace(job, runtime=runtime, deadline=deadline), shared.card, item)
