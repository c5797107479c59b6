"""The steps of an epoch."""

import itertools
from functools import partial
from typing import Any

import torch

from lstm.model.network.loss import Objective, squared_loss
from lstm.model.network.sampling import Examples, Sampler
from lstm.model.training.optimisation import Optimisation, Phase
from lstm.model.training.ranks import ALONE, Ranks
from lstm.model.training.runtime import Deadline
from lstm.model.training.step import Steps
from scripted import QUICK, ZEROS, FakeInputs, Scripted

CPU = torch.device("cpu")


class Nobody:
    """A group of which this process is the only one that talks."""

    def allreduce(self, tensors):
        return self

    broadcast = allreduce

    def wait(self):
        pass


def steps_of(network, ranks=ALONE, **settings):
    inputs: Any = FakeInputs(ZEROS)
    examples = Examples(inputs, Sampler.of(torch.zeros(15).numpy(), torch.arange(5, 20).numpy(), CPU), None, 4)
    optimisation = Optimisation(network, QUICK.model_copy(update=settings), Phase("scripted", 1), CPU, ranks)
    return Steps(optimisation, examples, Objective(squared_loss, torch.tensor([0.5])), ranks)


def test_the_loss_of_an_epoch_is_the_mean_of_its_steps():
    """A forecast of 3 for 0 at every step."""
    network = Scripted([], [9.0])
    network.epoch += 1
    assert steps_of(network, epoch_steps=5).epoch(4, Deadline(lambda: 0.0, None)) == 9.0


def test_an_epoch_ends_at_the_deadline():
    """The clock is looked at before every step; with several ranks before the first one, since they have to agree."""
    for ranks, looks in ((ALONE, 4), (Ranks(0, 2, Nobody()), 1)):
        clock = itertools.count()
        deadline = Deadline(partial(next, clock), 4.0, ranks)
        network = Scripted([], [9.0])
        network.epoch += 1
        assert (steps_of(network, ranks, epoch_steps=9).epoch(4, deadline) is None) == (ranks is ALONE)
        assert next(clock) == looks + 1
