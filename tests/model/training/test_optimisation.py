"""The learning rate: its warm-up, its plateau, the rates of a refit, and the share of the skip."""

import pytest
import torch

from lstm.config import Training
from lstm.model.network.loss import quantile_loss
from lstm.model.training.checkpoint import unpack
from lstm.model.training.optimisation import WARM_UP, Optimisation, Phase
from scripted import NOISE, QUICK, ZEROS, Memory, Scripted, small_lstm
from scripted import scripted_training as train


def test_the_rate_is_halved_when_the_validation_loss_rests():
    """Best at epoch 4 and then flat; 1e-3, factor 0.5, patience 2: halved after epochs 7 and 10."""
    settings = Training(learning_rate=1e-3, plateau_factor=0.5, plateau_patience=2)
    optimisation = Optimisation(Scripted([]), settings, Phase("scripted", 1), torch.device("cpu"))
    rates = []
    for epoch, loss in enumerate([0.9, 0.8, 0.7, 0.5, *[0.6] * 6], start=WARM_UP):
        optimisation.end_epoch(epoch, loss)
        rates.append(optimisation.begin_epoch(epoch))
    assert rates == [1e-3] * 6 + [5e-4] * 3 + [2.5e-4]


def test_the_rate_rises_over_the_first_epochs_and_falls_only_after_them():
    """Law: a share of the rate that grows by the same step each epoch up to the whole; the plateau counts from then on.

    No epoch is better than the start, and the plateau has a patience of 1: it falls after two epochs at the whole rate.
    """
    settings = QUICK.model_copy(update={"patience": 99, "max_epochs": WARM_UP + 3})
    trained = train(Scripted([0.3] + [0.5] * (WARM_UP + 3)), ZEROS, settings=settings)
    rates = [row.learning_rate for row in trained.history]
    assert rates[:WARM_UP] == pytest.approx([1e-3 * epoch / WARM_UP for epoch in range(1, WARM_UP + 1)])
    assert rates[WARM_UP:] == [1e-3, 5e-4, 5e-4]


def test_a_refit_repeats_the_rates_of_the_first_training():
    """A refit has no validation: it trains for as many epochs as it is given rates, and keeps the last weights."""
    trained = train(small_lstm(), NOISE, settings=QUICK, loss=quantile_loss, validate=False, rates=(1e-3, 5e-4))
    assert [row.learning_rate for row in trained.history] == [1e-3, pytest.approx(5e-4)]
    assert trained.stopped == "limit"


def test_a_refit_follows_its_rates_through_zero():
    """A cosine ends at 0; whoever asks for more after it gets it, and the skip its tenth all along."""
    network = small_lstm()
    trained = train(network, NOISE, settings=QUICK, loss=quantile_loss, validate=False, rates=(1e-3, 0.0, 1e-3))
    assert [row.learning_rate for row in trained.history] == [1e-3, 0.0, 1e-3]
    assert trained.best_epoch in (1, 2, 3)


def test_the_parts_of_the_skip_learn_at_their_share_of_the_rate(monkeypatch):
    """AdamW's first step moves each weight with a gradient by its rate: 1e-3, and a tenth of it in the skip."""
    monkeypatch.setattr("lstm.model.training.optimisation.WARM_UP", 0)
    network = small_lstm()
    settings = QUICK.model_copy(update={"epoch_steps": 1, "max_epochs": 1, "weight_decay": 0.0})
    before = network.back.detach().clone(), network.head.bias.detach().clone()
    memory = Memory()
    train(network, NOISE, settings=settings, loss=quantile_loss, checkpoints=memory)
    after = unpack(memory.kept["scripted"]).weights
    assert float((after["back"] - before[0]).abs().max()) == pytest.approx(1e-4, rel=1e-3)
    assert float((after["head.bias"] - before[1]).abs().max()) == pytest.approx(1e-3, rel=1e-3)
