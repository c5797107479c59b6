"""The validation loss, whole and in slices."""

import logging

import numpy as np
import pytest
import torch

from lstm.errors import TrainingError
from lstm.model.network.loss import quantile_loss
from lstm.model.network.networks import SegmentedLSTM
from scripted import NOISE, QUICK, SMALL, WIDE, small_lstm
from scripted import scripted_training as train


@pytest.mark.parametrize("rows", [1, 2, 3])
def test_validation_in_slices_is_the_loss_of_the_whole(rows, monkeypatch):
    """Law: slices count by their observed targets. Windows of 5 have 10 targets, of which the gap takes 3."""
    values = NOISE.copy()
    values[22:24] = np.nan
    whole = train(small_lstm(), values, settings=WIDE, loss=quantile_loss)
    monkeypatch.setattr("lstm.model.training.validation.VALIDATION_WINDOWS_AT_ONCE", rows)
    sliced = train(small_lstm(), values, settings=WIDE, loss=quantile_loss)
    losses = [[row.validation_loss for row in trained.history] for trained in (whole, sliced)]
    assert losses[0] == pytest.approx(losses[1], rel=1e-6)


class Narrow(SegmentedLSTM):
    """A network on a device whose memory holds so many windows of validation."""

    room = 99

    def forward(self, batch):
        if not self.training and len(batch.history) > self.room:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")
        return super().forward(batch)


def narrow(room):
    torch.manual_seed(7)
    network = Narrow(SMALL)
    network.room = room
    return network


def test_a_validation_that_does_not_fit_is_done_in_smaller_slices(caplog, monkeypatch):
    """Room for 2 of 5 windows: the slices halve until they fit, and the loss is that of the whole."""
    settings = QUICK.model_copy(update={"max_epochs": 1})
    whole = train(narrow(99), NOISE, settings=settings, loss=quantile_loss)
    monkeypatch.setattr("lstm.model.training.device_memory.SMALLEST_BATCH", 1)
    with caplog.at_level(logging.WARNING):
        sliced = train(narrow(2), NOISE, settings=settings, loss=quantile_loss)
    assert sliced.best_loss == pytest.approx(whole.best_loss, rel=1e-6)
    assert "validation; it is done in slices of 2 windows" in caplog.text
    with pytest.raises(TrainingError, match=r"not enough memory for 1 windows of validation; lower model"):
        train(narrow(0), NOISE, settings=settings, loss=quantile_loss)
