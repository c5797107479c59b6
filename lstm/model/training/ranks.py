"""The ranks of a training: processes that train one network together, each on its part of every batch.

Data parallel training, as torch's DistributedDataParallel does it, but with one sum a step of all gradients, loss and
number of observed targets: a rank's mean is over what it observed, so that a mean of the ranks' means, which torch
takes, is another loss than that of one process where one of them has more holes.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from lstm.compute.executor import Rank
from lstm.errors import ConfigError, WorkerLostError

LOOPBACK = "127.0.0.1"
# A rank that was killed is known at once, by its connection; one that stands still, after this.
PATIENCE = timedelta(minutes=30)


@dataclass(frozen=True)
class Ranks:
    """Which rank this process is, of how many. group: how they talk, by tensors on the device; None where there is one.

    All of them call the same methods in the same order.
    """

    number: int = 0
    size: int = 1
    group: Any = None
    device: torch.device | None = None

    @property
    def first(self) -> bool:
        """Whether this rank is the one that decides and writes."""
        return self.number == 0

    def part(self, positions: Tensor) -> Tensor:
        """This rank's positions (batches, size / ranks) of those that all have drawn (batches, size)."""
        return positions[:, self.number :: self.size]

    def seed(self, seed: int, epoch: int) -> int:
        """A seed for this rank in an epoch, by one of the training."""
        return int(np.random.SeedSequence([seed, epoch, self.number]).generate_state(1)[0])

    def as_one(self, loss: Tensor, weight: Tensor, parameters: Sequence[nn.Parameter]) -> Tensor:
        """The loss of all ranks' windows together, whose gradients take the place of those of this rank's.

        loss: scalar, the mean of this rank's targets where weight (N, H, C) is 1, and 0 where none is; the parameters
        have its gradients.
        """
        if self.group is None:
            return loss
        observed = weight.sum()
        gradients = [parameter.grad for parameter in parameters if parameter.grad is not None]
        means = torch.cat([gradient.reshape(-1) for gradient in gradients] + [loss.reshape(1)])
        sums = torch.cat([means * observed, observed.reshape(1)])
        self.add_up(sums)
        means = sums[:-1] / sums[-1].clamp(min=1.0)
        parts = means.split([*(gradient.numel() for gradient in gradients), 1])
        for gradient, part in zip(gradients, parts[:-1], strict=True):
            gradient.copy_(part.reshape(gradient.shape))
        return means[-1]

    def add_up(self, sums: Tensor) -> None:
        """Replaces a tensor by its sum over all ranks."""
        if self.group is not None:
            with _loss_of_a_rank():
                self.group.allreduce([sums]).wait()

    def agreed(self, answer: bool) -> bool:
        """What the first rank answers; all of them wait for it here."""
        if self.group is None:
            return answer
        flag = torch.tensor([float(answer)], device=self.device)
        with _loss_of_a_rank():
            self.group.broadcast([flag]).wait()
        return bool(flag)

    def begin_alike(self, network: nn.Module) -> None:
        """Gives the network of every rank the weights of the first one's."""
        if self.group is not None:
            with _loss_of_a_rank():
                for tensor in network.state_dict().values():
                    if tensor.numel():
                        self.group.broadcast([tensor]).wait()


ALONE = Ranks()


def device_of(rank: Rank, device: torch.device) -> torch.device:
    """The device of a rank: on CUDA a GPU for each. Raises ConfigError where there are fewer."""
    if device.type != "cuda":
        return device
    count = torch.cuda.device_count()
    if count < rank.size:
        raise ConfigError(
            f"training.ranks = {rank.size} needs a GPU for each, and this machine has {count}; lower it, or hide the "
            "GPUs by CUDA_VISIBLE_DEVICES= to train on the processor"
        )
    return torch.device("cuda", rank.number)


def join(rank: Rank, device: torch.device) -> Ranks:
    """Meets the other ranks, by a file; they talk over the loopback interface, or between the GPUs of the machine."""
    import torch.distributed as dist  # takes time, and one rank needs it not

    store: Any = dist.FileStore(rank.store, rank.size)  # type: ignore[attr-defined]
    if device.type == "cuda":
        os.environ.setdefault("NCCL_SOCKET_IFNAME", "lo")
        torch.cuda.set_device(device)
        group: Any = dist.ProcessGroupNCCL(store, rank.number, rank.size, dist.ProcessGroupNCCL.Options())
    else:
        options: Any = dist.ProcessGroupGloo._Options()  # type: ignore[attr-defined]
        options._devices = [dist.ProcessGroupGloo.create_device(hostname=LOOPBACK)]
        options._timeout = PATIENCE
        with _loss_of_a_rank():
            group = dist.ProcessGroupGloo(store, rank.number, rank.size, options)
    return Ranks(rank.number, rank.size, group, device)


@contextmanager
def _loss_of_a_rank() -> Iterator[None]:
    """Raises WorkerLostError for what torch says when another rank is gone."""
    try:
        yield
    except RuntimeError as error:
        raise WorkerLostError(
            f"a rank of the training was lost, and the others cannot go on without it: {error}"
        ) from error
