"""A device whose memory is too small: half the batch, from the last checkpoint on, and an error below the smallest."""

import logging
from dataclasses import replace

import pytest
import torch

from lstm.errors import TrainingError
from lstm.model.network.loss import quantile_loss
from lstm.model.network.networks import SegmentedLSTM
from lstm.model.training.checkpoint import pack, unpack
from scripted import NOISE, SMALL, WIDE, Memory, small_lstm
from scripted import scripted_training as train


class Cramped(SegmentedLSTM):
    """A network on a device whose memory holds so many windows, from the `first` training batch on."""

    room = 64
    first = 0
    seen = 0

    def forward(self, batch):
        if self.training:
            self.seen += 1
            if self.seen > self.first and len(batch.history) > self.room:
                raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")
        return super().forward(batch)


def cramped(room: int, first: int = 0) -> Cramped:
    torch.manual_seed(7)
    network = Cramped(SMALL)
    network.room, network.first = room, first
    return network


def test_a_batch_that_does_not_fit_is_halved_until_it_does(caplog):
    """Room for 20 windows: 64 and 32 do not fit, 16 do, and nothing of the tries is left in the weights."""
    with caplog.at_level(logging.WARNING):
        trained = train(cramped(room=20), NOISE, settings=WIDE, loss=quantile_loss)
    small = train(small_lstm(), NOISE, settings=WIDE.model_copy(update={"batch_size": 16}), loss=quantile_loss)
    assert trained.history == small.history
    assert [row.batch_size for row in trained.history] == [16, 16, 16]
    assert all(torch.equal(trained.weights[name], small.weights[name]) for name in small.weights)
    assert [record.message for record in caplog.records] == [
        f"the device has not enough memory for a batch of {size} windows in epoch 1 of scripted; "
        f"it is done again with {size // 2}"
        for size in (64, 32)
    ]


def test_an_epoch_that_runs_out_of_memory_is_done_again_from_the_checkpoint():
    """Law: as if another process with half the batch had gone on from the last checkpoint. The fourth batch fails."""
    trained = train(cramped(room=32, first=3), NOISE, settings=WIDE, loss=quantile_loss)
    assert [row.batch_size for row in trained.history] == [64, 32, 32]
    memory = Memory(fail_after=2)
    with pytest.raises(KeyboardInterrupt):
        train(small_lstm(), NOISE, settings=WIDE, loss=quantile_loss, checkpoints=memory)
    memory.fail_after = None
    memory.kept["scripted"] = pack(replace(unpack(memory.kept["scripted"]), batch_size=32))
    resumed = train(small_lstm(), NOISE, settings=WIDE, loss=quantile_loss, checkpoints=memory)
    assert trained.history == resumed.history
    assert all(torch.equal(trained.weights[name], resumed.weights[name]) for name in resumed.weights)


def test_a_smaller_batch_stays_after_a_kill():
    """Law: the next process does not try the large batch again."""
    memory = Memory(fail_after=2)
    with pytest.raises(KeyboardInterrupt):
        train(cramped(room=32), NOISE, settings=WIDE, loss=quantile_loss, checkpoints=memory)
    memory.fail_after = None
    trained = train(cramped(room=64), NOISE, settings=WIDE, loss=quantile_loss, checkpoints=memory)
    assert [row.batch_size for row in trained.history] == [32, 32, 32]


def test_a_device_that_cannot_hold_the_smallest_batch_is_an_error():
    """Below 16 windows training would not be the same any more."""
    with pytest.raises(TrainingError, match=r"not enough memory for a batch of 16 windows in epoch 1 .* lower model"):
        train(cramped(room=4), NOISE, settings=WIDE, loss=quantile_loss)
