"""Members that are trained by several processes are those of one process, whatever happens to the processes."""

import os
import signal
import time
from typing import Any

import pytest

from lstm.compute.executor import InOrder
from lstm.compute.local_workers import Processes
from lstm.config import Model
from lstm.errors import DivergedError
from lstm.model.fitting import members
from trainings import Memory, chaos, train

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
