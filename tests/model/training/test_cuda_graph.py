"""Steps that a device repeats: recorded once, and equal to those that are called, by a stand-in for CUDA's graphs."""

import itertools

import numpy as np
import pytest
import torch
from taped import Tape, tape_graphs

from lstm.config import Model
from lstm.model.network.loss import quantile_loss
from lstm.model.training.cuda_graph import Recorded, is_recorded
from lstm.model.training.ranks import ALONE, Ranks
from lstm.model.training.step import Steps
from panels import make_panel
from scripted import NOISE, QUICK, Memory, small_lstm
from scripted import scripted_training as train
from trainings import train as fit

LONG = QUICK.model_copy(update={"max_epochs": 6, "epoch_steps": 4, "patience": 9})


def weights_of(trained):
    return torch.cat([tensor.reshape(-1) for tensor in trained.weights.values()])


def test_steps_are_recorded_on_cuda_by_one_rank():
    assert is_recorded(torch.device("cuda"), ALONE)
    assert not is_recorded(torch.device("cpu"), ALONE)
    assert not is_recorded(torch.device("cuda"), Ranks(0, 2))


def test_work_is_recorded_at_its_fourth_call_and_done_once_a_call(monkeypatch):
    """Law: recording does nothing; a replay reads what lies in the buffer by then."""
    tapes = tape_graphs(monkeypatch)
    called, buffer, total = itertools.count(), torch.zeros(1), torch.zeros(1)

    def work():
        next(called)
        total.add_(buffer * 2)

    recorded = Recorded(work, torch.device("cuda"))
    for number in range(7):
        buffer.fill_(number)
        recorded()
    assert float(total) == 2 * sum(range(7))
    assert next(called) == 4
    assert len(tapes) == 1


@pytest.mark.parametrize("rates", [None, (3e-3, 2e-3, 1e-3)])
def test_a_training_that_is_recorded_is_the_one_that_is_called(monkeypatch, rates):
    """Law: to the bit, with dropout, warm-up and rates of a refit; the CPU's own steps but for the digits of a rate."""
    options = {"settings": LONG, "loss": quantile_loss, "rates": rates, "validate": rates is None}
    plain = train(small_lstm(), NOISE, **options)
    with monkeypatch.context() as patched:
        patched.setattr("lstm.model.training.loop.is_recorded", lambda device, ranks: True)
        called = train(small_lstm(), NOISE, **options)
    tapes = tape_graphs(monkeypatch)
    recorded = train(small_lstm(), NOISE, **options)
    assert len(tapes) == 1
    assert recorded.history == called.history
    assert torch.equal(weights_of(recorded), weights_of(called))
    torch.testing.assert_close(weights_of(called), weights_of(plain), rtol=0, atol=1e-4)


def test_a_recorded_training_goes_on_after_a_kill_to_the_same_bits(monkeypatch):
    """Law: a checkpoint has rates as numbers, and what is recorded anew reads the restored state."""
    tape_graphs(monkeypatch)
    whole = train(small_lstm(), NOISE, settings=LONG, loss=quantile_loss)
    memory = Memory(fail_after=3)
    with pytest.raises(KeyboardInterrupt):
        train(small_lstm(), NOISE, settings=LONG, loss=quantile_loss, checkpoints=memory)
    memory.fail_after = None
    resumed = train(small_lstm(), NOISE, settings=LONG, loss=quantile_loss, checkpoints=memory)
    assert resumed.history == whole.history
    assert torch.equal(weights_of(resumed), weights_of(whole))


def test_what_did_not_fit_is_recorded_anew(monkeypatch):
    """The memory runs out in the second epoch: the next try begins at the checkpoint, with half the batch."""
    tapes, epoch, epochs = tape_graphs(monkeypatch), Steps.epoch, itertools.count()

    begun_anew = []

    def cramped(steps, batch_size, deadline):
        begun_anew.append(steps._recorded is None)
        loss = epoch(steps, batch_size, deadline)
        if next(epochs) == 1:
            raise torch.OutOfMemoryError
        return loss

    monkeypatch.setattr(Steps, "epoch", cramped)
    settings = LONG.model_copy(update={"batch_size": 32, "max_epochs": 3})
    recorded = train(small_lstm(), NOISE, settings=settings, loss=quantile_loss)
    assert [row.batch_size for row in recorded.history] == [32, 16, 16]
    assert len(tapes) == 2
    assert begun_anew == [True, False, True, False]  # the first graph's memory is free for the second try
    epochs = itertools.count()
    monkeypatch.setattr("lstm.model.training.step.Recorded", lambda work, device: work)
    called = train(small_lstm(), NOISE, settings=settings, loss=quantile_loss)
    assert recorded.history == called.history


def test_a_whole_fit_can_be_recorded(monkeypatch):
    """Law: nothing in a step with every kind of column asks for a value of the device: the tape refuses that.

    Two targets that share channels, a future covariate that nearly is the target, holes, and attention.
    """
    tapes, random = tape_graphs(monkeypatch), np.random.default_rng(3)
    plans = [100 + np.cumsum(random.normal(size=87)) for _ in range(2)]
    histories = {name: plan[:80] + random.normal(size=80) for name, plan in zip("ab", plans, strict=True)}
    histories["a"][30:35] = np.nan
    panel = make_panel(histories, horizon=7, cutoff=80, future=np.concatenate(plans)[:, None], future_names=("plan",))
    fitted = fit(
        panel,
        model=Model(members=1, attention=True, transform="identity", normalisation="mean_std"),
        training={"max_epochs": 2, "epoch_steps": 5, "batch_size": 16},
    )
    assert fitted.forecaster.card.aligned == ((0, 0),)
    assert len(tapes) == 2  # of the training and of the refit


def test_the_tape_refuses_what_waits():
    with pytest.raises(AssertionError, match="_local_scalar_dense"), Tape().recording():
        torch.ones(1).item()
