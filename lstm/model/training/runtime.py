"""What a training gets from outside (device, clock, checkpoints, who hears of epochs), and its deadline."""

from collections.abc import Callable
from dataclasses import dataclass, field

import torch

from lstm.compute.executor import Executor, InOrder
from lstm.model.training.checkpoint import Checkpoints, EpochRow, NoCheckpoints
from lstm.model.training.ranks import ALONE, Ranks

OnEpoch = Callable[[str, EpochRow], None]


def tell_nobody(phase: str, row: EpochRow) -> None:
    """Hears of an epoch, and keeps it to itself."""


@dataclass(frozen=True)
class Runtime:
    """What a fit runs on. clock: seconds, for the deadline only. on_epoch: is given the phase and row of each epoch.

    free_memory: bytes of the machine that a fit may take; None where nobody knows. executor: trains the members. ranks:
    which of those that train one network together this process is.
    """

    device: torch.device
    clock: Callable[[], float]
    checkpoints: Checkpoints = field(default_factory=NoCheckpoints)
    on_epoch: OnEpoch = tell_nobody
    free_memory: int | None = None
    executor: Executor = field(default_factory=InOrder)
    ranks: Ranks = ALONE


class Deadline:
    """Seconds of training over all processes that took part, and whether they passed a limit in seconds (or None).

    Of several ranks the first one's clock decides for all.
    """

    def __init__(self, clock: Callable[[], float], limit: float | None, ranks: Ranks = ALONE) -> None:
        self._clock, self._limit, self._ranks = clock, limit, ranks
        self._began, self._before = clock(), 0.0

    @property
    def seconds(self) -> float:
        """Seconds so far."""
        return self._before + self._clock() - self._began

    def goes_on_from(self, seconds: float) -> None:
        """Counts what an earlier process has spent already."""
        self._before = max(self._before, seconds - (self._clock() - self._began))

    @property
    def passed(self) -> bool:
        """True when the limit is reached."""
        return self._ranks.agreed(self._limit is not None and self.seconds >= self._limit)
