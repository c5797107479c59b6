"""Members that are trained by several processes are those of one process, whatever happens to the processes."""

import os
import signal
import time
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from lstm.compute.executor import InOrder
from lstm.compute.local_workers import Processes
from lstm.config import Model
from lstm.errors import ConfigError, DivergedError, WorkerLostError
from lstm.model.fitting import members
from trainings import Memory, chaos, several_targets, train

# Without what the probe would try, and with dropout, so that the random state matters.
OPTIONS: dict[str, Any] = {
    "model": Model(members=3, dropout=0.2, look_back=4, transform="identity", normalisation="mean_std"),
    "training": {"max_epochs": 2, "epoch_steps": 5},
    "seasons": (1,),
    "clock": time.monotonic,
}


@pytest.fixture(autouse=True)
def _trainings_however_short_are_worth_a_process(monkeypatch):
    monkeypatch.setattr(members, "STEPS_WORTH_A_PROCESS", 0)


@pytest.fixture(scope="module")
def panel():
    return chaos(1)


@pytest.fixture(scope="module")
def whole(panel):
    """(card, weights, losses) of a fit in one process."""
    return outcome(train(panel, **OPTIONS, executor=InOrder()))


@pytest.fixture(scope="module")
def processes():
    with Processes(2) as processes:
        yield processes


def outcome(fitted):
    losses = [(phase, row.epoch, row.train_loss, row.validation_loss) for phase, row in fitted.history]
    return (*fitted.forecaster.to_bytes(), losses)


@pytest.mark.parametrize("workers", [2, pytest.param(7, marks=pytest.mark.slow)])
def test_any_number_of_workers_gives_the_same_bits(panel, whole, workers):
    """Law: card, weights and losses of evaluated and served weights are equal."""
    heard = []
    with Processes(workers) as processes:
        fitted = train(
            panel, **OPTIONS, executor=processes, on_epoch=lambda phase, row: heard.append((phase, row.epoch))
        )
    assert outcome(fitted) == whole
    assert sorted(heard) == sorted((phase, epoch) for phase, epoch, _, _ in whole[2])


@pytest.mark.slow
def test_a_worker_that_is_killed_costs_nothing(panel, whole, processes):
    """Law: its member goes on from the checkpoint in another process, to the same bits."""
    killed: set[str] = set()

    class Killed(Memory):
        """Kills a worker that hands in the first checkpoint of a phase, of a training and of a refit."""

        def write(self, name, content):
            super().write(name, content)
            if name in {"member-1", "member-2-refit"} - killed:
                killed.add(name)
                place = int(name.split("-")[1])
                worker = next(worker for worker in processes._busy.values() if worker.task.place == place)
                os.kill(worker.process.pid, signal.SIGKILL)

    assert outcome(train(panel, **OPTIONS, checkpoints=Killed(), executor=processes)) == whole
    assert len(killed) == 2


def test_what_is_refused_at_home_ends_the_fit_and_its_workers(panel, processes):
    """A lease that is lost, say: nothing is written any more, and no process trains on."""

    class Fenced(Memory):
        def write(self, name, content):
            raise PermissionError("taken over")

    with pytest.raises(PermissionError, match="taken over"):
        train(panel, **OPTIONS, checkpoints=Fenced(), executor=processes)
    assert not processes._busy


def test_a_training_that_diverges_in_a_worker_says_so(panel, processes):
    with pytest.raises(DivergedError, match="lower training"):
        train(panel, **OPTIONS | {"training": {"learning_rate": 1e30, "max_epochs": 2}}, executor=processes)


def test_members_in_processes_are_no_more_than_memory_has_room_for(panel, whole):
    """Where not even two fit beside each other, they are trained one after the other, here."""
    counted = []

    class Counted(InOrder):
        def map(self, work, shared, items, home=None, *, at_once=None):
            counted.append(at_once)
            return super().map(work, shared, items, home)

    train(panel, **OPTIONS, free_memory=1_000_000_000, executor=Counted())
    assert counted == [2, 2]


def with_holes():
    """The chaos of before, half of the first two series missing, so that no two ranks observe as much.

    Under noise, so that training stops early.
    """
    panel, random = chaos(1), np.random.default_rng(2)
    holes = random.random(panel.steps) < 0.5
    holes[panel.indptr[2] :] = False
    noisy = panel.targets + random.normal(size=panel.targets.shape)
    return replace(panel, targets=np.where(holes[:, None], np.nan, noisy).astype(np.float32))


# Without dropout, of which every rank has its own, and by a loss that is smooth: of a quantile loss some gradients are
# 0 but for rounding, and AdamW makes whole steps of these.
TOGETHER: dict[str, Any] = OPTIONS | {
    "model": OPTIONS["model"].model_copy(update={"members": 2, "dropout": 0.0, "loss": "huber"}),
    "training": {"max_epochs": 12, "epoch_steps": 10, "patience": 1},
}


def by_ranks(panel, processes, ranks, *, checkpoints=None, **options):
    options = TOGETHER | options
    options["training"] = options["training"] | {"ranks": ranks}
    return train(panel, **options, executor=processes, checkpoints=checkpoints)


@pytest.mark.slow
def test_ranks_train_the_network_of_one_process(processes):
    """Law: losses and weights within 1e-5, the same epochs and the same end; and again to the bit.

    A mean of the ranks' own means would not be: they have holes in other places.
    """
    panel = with_holes()
    alone, pair = (by_ranks(panel, processes, ranks) for ranks in (1, 2))
    assert [(phase, row.epoch, row.learning_rate) for phase, row in pair.history] == [
        (phase, row.epoch, row.learning_rate) for phase, row in alone.history
    ]
    cards = alone.forecaster.card, pair.forecaster.card
    assert [[member.stopped for member in card.members] for card in cards] == [["early", "early"]] * 2
    assert [card.ranks for card in cards] == [1, 2]
    for one, other in zip(alone.history, pair.history, strict=True):
        assert other[1].train_loss == pytest.approx(one[1].train_loss, abs=1e-5)
        assert other[1].validation_loss == pytest.approx(one[1].validation_loss, abs=1e-5)
    for name, weights in alone.forecaster.weights.items():
        np.testing.assert_allclose(pair.forecaster.weights[name], weights, rtol=0, atol=1e-5, err_msg=name)
    assert outcome(by_ranks(panel, processes, 2)) == outcome(pair)


@pytest.mark.slow
def test_a_rank_that_is_killed_ends_the_step_and_the_next_try_goes_on_from_the_checkpoint(processes):
    """Law: to the same bits, dropout of three ranks included, and no epoch is trained twice."""
    options = {"model": OPTIONS["model"], "training": TOGETHER["training"] | {"max_epochs": 3, "patience": 9}}
    whole = by_ranks(chaos(1), processes, 3, **options)

    class Killed(Memory):
        def write(self, name, content):
            super().write(name, content)
            if self.writes == 7:  # the second member's second epoch
                worker = next(worker for worker in processes._busy.values() if worker.task.place == 1)
                os.kill(worker.process.pid, signal.SIGKILL)

    checkpoints = Killed()
    with pytest.raises(WorkerLostError, match="a rank of the training was"):
        by_ranks(chaos(1), processes, 3, checkpoints=checkpoints, **options)
    assert outcome(by_ranks(chaos(1), processes, 3, checkpoints=checkpoints, **options)) == outcome(whole)


def test_ranks_without_windows_are_refused(panel, processes):
    """Two targets share a batch of three windows, so that one is left for two ranks."""
    pair = several_targets(panel, lambda values: (values, values[::-1]))
    model = OPTIONS["model"].model_copy(update={"channels": "shared"})
    with pytest.raises(ConfigError, match="ranks = 2 cannot share batches of 1 windows"):
        by_ranks(pair, processes, 2, model=model, training={"batch_size": 3})
