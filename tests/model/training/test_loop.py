"""The training loop: scripted losses, divergence, deadlines, refits, and going on after a kill to the last bit."""

import itertools

import pytest
import torch
from taped import Waits

from lstm.errors import DeadlineError, DivergedError
from lstm.model.network.loss import quantile_loss
from lstm.model.training.checkpoint import unpack
from lstm.model.training.runtime import Deadline
from scripted import NOISE, QUICK, ZEROS, Memory, Scripted, small_lstm
from scripted import scripted_training as train


@pytest.fixture
def no_warm_up(monkeypatch):
    """Epochs at the full learning rate from the first on."""
    monkeypatch.setattr("lstm.model.training.optimisation.WARM_UP", 0)


def test_the_best_epoch_is_restored_and_the_rate_falls_on_the_validation_loss(no_warm_up):
    """Losses 0.9 0.4 0.5 0.5 0.5: best epoch 2, stop after 5 (patience 3); plateau patience 1 halves after epoch 4."""
    network = Scripted([1.0, 0.9, 0.4, 0.5, 0.5, 0.5, 0.1])
    trained = train(network, ZEROS, settings=QUICK)
    assert (trained.best_epoch, trained.stopped, len(trained.history)) == (2, "early", 5)
    assert trained.best_loss == pytest.approx(0.4)
    assert [row.learning_rate for row in trained.history] == [1e-3] * 4 + [5e-4]
    assert float(network.epoch) == 3  # the buffer counts validations: the state of epoch 2 is back


def test_a_start_that_no_epoch_beats_stays(no_warm_up):
    """Ridge at 0.3, and epochs 0.5, 0.3, 0.4: training stops after the patience of 3, and the start's weights are back.

    The rate is halved after two epochs that were no better than the start (plateau patience 1).
    """
    network = Scripted([0.3, 0.5, 0.3, 0.4, 0.1])
    trained = train(network, ZEROS, settings=QUICK)
    assert (trained.best_epoch, trained.stopped, len(trained.history)) == (0, "early", 3)
    assert trained.best_loss == pytest.approx(0.3)
    assert [row.learning_rate for row in trained.history] == [1e-3, 1e-3, 5e-4]
    assert [row.epoch for row in trained.history] == [1, 2, 3]
    assert float(network.epoch) == 1
    assert float(network.weight.detach()) == 0.0


def test_a_start_that_is_nan_is_beaten_by_any_epoch():
    """A network that has nothing to say before its first step is no reason to give up."""
    trained = train(Scripted([float("nan"), 0.9, 1.0]), ZEROS, settings=QUICK.model_copy(update={"max_epochs": 2}))
    assert (trained.best_epoch, trained.best_loss) == (1, pytest.approx(0.9))


def test_the_best_epoch_is_restored_when_the_limit_ends_training():
    """Five epochs at most, patience 5, best at epoch 3: the weights of epoch 3, not 5."""
    network = Scripted([1.0, 0.9, 0.7, 0.5, 0.6, 0.55])
    trained = train(network, ZEROS, settings=QUICK.model_copy(update={"patience": 5, "max_epochs": 5}))
    assert (trained.best_epoch, trained.stopped) == (3, "limit")
    assert float(network.epoch) == 4


def test_a_loss_that_is_not_finite_ends_training_with_a_clear_error():
    """No weights that came out of a NaN are kept."""
    with pytest.raises(DivergedError, match=r"the validation loss of scripted became nan in epoch 2 .* lower training"):
        train(Scripted([0.6, 0.5, float("nan")]), ZEROS, settings=QUICK)


def test_a_deadline_takes_the_best_epoch_so_far():
    """The clock moves a second a look; the deadline passes during the third epoch or after it."""
    clock = itertools.count()
    losses = [0.6, 0.5, 0.4, 0.6, 0.7, 0.8]
    trained = train(Scripted(losses), ZEROS, settings=QUICK, deadline=Deadline(lambda: next(clock), 10.0))
    assert trained.stopped == "deadline"
    assert trained.best_epoch == 2


def test_a_deadline_before_the_first_epoch_is_an_error():
    """There is no model to take."""
    clock = itertools.count()
    with pytest.raises(DeadlineError, match="before the first epoch of scripted was complete"):
        train(Scripted([0.6, 0.5]), ZEROS, settings=QUICK, deadline=Deadline(lambda: next(clock), 0.5))


@pytest.mark.parametrize("epochs_before", [0, 1, 3])
def test_an_interrupted_training_goes_on_to_the_same_bits(epochs_before):
    """Law: weights, history and stopping are those of a training that was never interrupted (dropout, two layers)."""
    settings = QUICK.model_copy(update={"max_epochs": 5, "patience": 5})
    whole = train(small_lstm(), NOISE, settings=settings, loss=quantile_loss)
    memory = Memory(fail_after=epochs_before + 1)  # the start is written too
    with pytest.raises(KeyboardInterrupt):
        train(small_lstm(), NOISE, settings=settings, loss=quantile_loss, checkpoints=memory)
    memory.fail_after = None
    resumed = train(small_lstm(), NOISE, settings=settings, loss=quantile_loss, checkpoints=memory)
    assert memory.writes == 6  # no epoch was repeated
    assert resumed.history == whole.history
    assert all(torch.equal(resumed.weights[name], whole.weights[name]) for name in whole.weights)


def test_two_trainings_in_one_process_are_equal():
    """The same seed gives the same weights, also the second time."""
    settings = QUICK.model_copy(update={"max_epochs": 2})
    first, second = (train(small_lstm(), NOISE, settings=settings, loss=quantile_loss) for _ in range(2))
    assert all(torch.equal(first.weights[name], second.weights[name]) for name in first.weights)


def test_a_refit_of_a_start_that_was_the_best_trains_nothing():
    """Best epoch 0 means no rates: the weights are those that the network came with, and there is no history."""
    network = small_lstm()
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    memory = Memory()
    for _ in range(2):  # the second time from the checkpoint
        trained = train(network, NOISE, settings=QUICK, validate=False, rates=(), checkpoints=memory)
        assert (trained.best_epoch, trained.stopped, trained.history) == (0, "limit", ())
        assert all(torch.equal(trained.weights[name], before[name]) for name in before)
    assert memory.writes == 1


def test_a_killed_process_counts_its_seconds():
    """Law: the deadline counts training of all processes; the seconds of the last checkpoint are gone on from."""
    memory, clock = Memory(fail_after=2), itertools.count(step=10)
    with pytest.raises(KeyboardInterrupt):
        train(
            Scripted([0.9, 0.8, 0.7]),
            ZEROS,
            settings=QUICK,
            checkpoints=memory,
            deadline=Deadline(lambda: next(clock), 1e6),
        )
    spent = unpack(memory.kept["scripted"]).seconds
    assert spent == 40.0  # looks at the clock: its start, the first checkpoint, two batches, the row of epoch 1
    memory.fail_after = None
    deadline = Deadline(lambda: 0.0, 40.0)
    assert (
        train(Scripted([0.0, 0.0]), ZEROS, settings=QUICK, checkpoints=memory, deadline=deadline).stopped == "deadline"
    )


@pytest.mark.parametrize("recorded", [False, True])
def test_nothing_inside_an_epoch_waits_for_the_device(monkeypatch, recorded):
    """Law: how often a value of a tensor is asked for does not depend on the batches of an epoch."""
    monkeypatch.setattr("lstm.model.training.loop.is_recorded", lambda device, ranks: recorded)
    counts = []
    for steps in (2, 20):
        settings = QUICK.model_copy(update={"epoch_steps": steps, "max_epochs": 1})
        with Waits() as waits:
            train(small_lstm(), NOISE, settings=settings, loss=quantile_loss)
        counts.append(waits.count)
    assert counts[0] == counts[1]
