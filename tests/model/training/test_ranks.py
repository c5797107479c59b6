"""What ranks tell each other, worked by hand; the ranks here are threads of one process."""

from concurrent.futures import ThreadPoolExecutor

import pytest
import torch
from present import present
from torch import nn

from lstm.compute.executor import Rank
from lstm.errors import ConfigError, WorkerLostError
from lstm.model.network.loss import Objective, squared_loss
from lstm.model.training.ranks import ALONE, Ranks, device_of, join
from lstm.model.training.runtime import Deadline
from lstm.model.training.validation import validation_loss
from scripted import NOISE, FakeInputs, small_lstm

CPU = torch.device("cpu")


@pytest.fixture
def pair(tmp_path):
    """Calls a function with each of two ranks, at the same time, and answers both results."""

    def each(function):
        with ThreadPoolExecutor(2) as threads:
            return list(
                threads.map(lambda number: function(join(Rank(number, 2, str(tmp_path / "store")), CPU)), (0, 1))
            )

    return each


def test_every_rank_has_its_part_of_each_batch():
    """Two batches of five windows and two ranks: three and two of each, none twice."""
    positions = torch.arange(10).reshape(2, 5)
    assert Ranks(0, 2).part(positions).tolist() == [[0, 2, 4], [5, 7, 9]]
    assert Ranks(1, 2).part(positions).tolist() == [[1, 3], [6, 8]]
    assert ALONE.part(positions).tolist() == positions.tolist()


@pytest.mark.parametrize(
    ("losses", "observed", "whole"),
    [((2.0, 6.0), (3, 1), 3.0), ((2.0, 0.0), (3, 0), 2.0), ((0.0, 0.0), (0, 0), 0.0)],
)
def test_the_loss_of_ranks_is_the_mean_over_all_that_they_observed(pair, losses, observed, whole):
    """(3 x 2 + 1 x 6) / 4 = 3, where a mean of the two means would be 4; a rank that observed nothing has no say.

    The gradient of a loss of x times the weight is x, and that of a parameter without elements is none.
    """

    def step(rank):
        weight = nn.Parameter(torch.ones(2, 1))
        empty = nn.Parameter(torch.zeros(0))
        mask = (torch.arange(4) < observed[rank.number]).float().reshape(2, 2, 1)
        loss = losses[rank.number] * weight.sum() / 2 + empty.sum()
        loss.backward()
        whole_loss = rank.as_one(loss.detach(), mask, [weight, empty])
        return float(whole_loss), present(weight.grad).tolist()

    assert pair(step) == [(whole, [[whole / 2]] * 2)] * 2


def test_the_validation_of_ranks_is_that_of_one_process(pair):
    """Five windows in parts of two and three, one with a hole; and a fourth rank of one window has nothing to do."""
    values = NOISE.copy()
    values[8] = float("nan")
    inputs = FakeInputs(values)
    batch = inputs.gather(torch.zeros(5, dtype=torch.int64), torch.arange(6, 11))
    objective = Objective(squared_loss, torch.tensor([0.5]))
    network = small_lstm()
    alone = validation_loss(network, batch, objective)
    first, second = pair(lambda rank: validation_loss(network, batch, objective, rank))
    assert first == second == pytest.approx(alone, rel=1e-6)
    one = inputs.gather(torch.zeros(1, dtype=torch.int64), torch.tensor([6]))
    assert pair(lambda rank: validation_loss(network, one, objective, rank))[0] == pytest.approx(
        validation_loss(network, one, objective)
    )


def test_the_first_rank_decides_what_time_it_is(pair):
    """Its clock stands before the deadline and the other's behind it, and the other way round."""
    for clocks, passed in (((1.0, 9.0), False), ((9.0, 1.0), True)):

        def late(rank, clocks=clocks):
            deadline = Deadline(lambda: 0.0, 5.0, rank)
            deadline.goes_on_from(clocks[rank.number])
            return deadline.passed

        assert pair(late) == [passed, passed]


def test_networks_begin_alike(pair):
    """Law: at the first rank's weights, buffers and parameters without elements included."""

    def begun(rank):
        torch.manual_seed(rank.number)
        network = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2))
        network.register_parameter("empty", nn.Parameter(torch.zeros(0)))
        rank.begin_alike(network)
        return torch.cat([tensor.float().reshape(-1) for tensor in network.state_dict().values()]).tolist()

    first, second = pair(begun)
    assert first == second


def test_a_rank_and_an_epoch_have_a_seed_of_their_own():
    seeds = [Ranks(number, 2).seed(1, epoch) for number in (0, 1) for epoch in (0, 1)]
    assert len(set(seeds)) == 4
    assert Ranks(1, 2).seed(1, 1) == seeds[3]


def test_a_rank_that_is_gone_is_said_to_be(pair):
    """Law: an error that a task tries again, not torch's own."""

    def leaves(rank):
        if rank.first:
            with pytest.raises(WorkerLostError, match="a rank of the training was lost, and the others cannot go on"):
                rank.add_up(torch.ones(1000))

    pair(leaves)


def test_ranks_need_a_gpu_each(monkeypatch):
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    assert device_of(Rank(1, 2, ""), torch.device("cuda")) == torch.device("cuda", 1)
    assert device_of(Rank(1, 2, ""), CPU) == CPU
    with pytest.raises(ConfigError, match="ranks = 3 needs a GPU for each, and this machine has 2"):
        device_of(Rank(0, 3, ""), torch.device("cuda"))
