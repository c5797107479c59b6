"""The training loop: scripted losses, divergence, deadlines, memory, and going on after a kill to the last bit."""

import itertools
import logging
from dataclasses import fields, replace

import numpy as np
import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from lstm.config import Training
from lstm.errors import DeadlineError, DivergedError, TrainingError
from lstm.model.network.inputs import Batch
from lstm.model.network.loss import quantile_loss
from lstm.model.network.networks import Architecture, SegmentedLSTM
from lstm.model.network.sampling import Sampler, split
from lstm.model.training.checkpoint import pack, unpack
from lstm.model.training.loop import WARM_UP
from lstm.model.training.runtime import Deadline
from scripted import NOISE, ZEROS, FakeInputs, Memory, Scripted
from scripted import scripted_training as train

QUICK = Training(epoch_steps=2, batch_size=4, patience=3, plateau_patience=1, learning_rate=1e-3)


@pytest.fixture
def no_warm_up(monkeypatch):
    """Epochs at the full learning rate from the first on."""
    monkeypatch.setattr("lstm.model.training.loop.WARM_UP", 0)


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


def test_the_rate_rises_over_the_first_epochs_and_falls_only_after_them():
    """Law: a share of the rate that grows by the same step each epoch up to the whole; the plateau counts from then on.

    No epoch is better than the start, and the plateau has a patience of 1: it falls after two epochs at the whole rate.
    """
    settings = QUICK.model_copy(update={"patience": 99, "max_epochs": WARM_UP + 3})
    trained = train(Scripted([0.3] + [0.5] * (WARM_UP + 3)), ZEROS, settings=settings)
    rates = [row.learning_rate for row in trained.history]
    assert rates[:WARM_UP] == pytest.approx([1e-3 * epoch / WARM_UP for epoch in range(1, WARM_UP + 1)])
    assert rates[WARM_UP:] == [1e-3, 5e-4, 5e-4]


def test_a_start_that_is_nan_is_beaten_by_any_epoch():
    """A network that has nothing to say before its first step is no reason to give up."""
    trained = train(Scripted([float("nan"), 0.9, 1.0]), ZEROS, settings=QUICK.model_copy(update={"max_epochs": 2}))
    assert (trained.best_epoch, trained.best_loss) == (1, pytest.approx(0.9))


def test_the_best_epoch_is_restored_when_the_limit_ends_training():
    """Case 65: five epochs at most, patience 5, best at epoch 3: the weights of epoch 3, not 5."""
    network = Scripted([1.0, 0.9, 0.7, 0.5, 0.6, 0.55])
    trained = train(network, ZEROS, settings=QUICK.model_copy(update={"patience": 5, "max_epochs": 5}))
    assert (trained.best_epoch, trained.stopped) == (3, "limit")
    assert float(network.epoch) == 4


def test_a_loss_that_is_not_finite_ends_training_with_a_clear_error():
    """Case 62: no weights that came out of a NaN are kept."""
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


SMALL = Architecture(
    look_back=4, horizon=2, segment=2, hidden=8, layers=2, dropout=0.2, levels=3, targets=1, extras=1, ahead=0, known=0,
    static=0,
)  # fmt: skip


def small_lstm() -> SegmentedLSTM:
    torch.manual_seed(7)
    return SegmentedLSTM(SMALL)


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
    """Case 69: the same seed gives the same weights, also the second time."""
    settings = QUICK.model_copy(update={"max_epochs": 2})
    first, second = (train(small_lstm(), NOISE, settings=settings, loss=quantile_loss) for _ in range(2))
    assert all(torch.equal(first.weights[name], second.weights[name]) for name in first.weights)


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


def test_the_parts_of_the_skip_learn_at_their_share_of_the_rate(no_warm_up):
    """AdamW's first step moves each weight with a gradient by its rate: 1e-3, and a tenth of it in the skip."""
    network = small_lstm()
    settings = QUICK.model_copy(update={"epoch_steps": 1, "max_epochs": 1, "weight_decay": 0.0})
    before = network.back.detach().clone(), network.head.bias.detach().clone()
    memory = Memory()
    train(network, NOISE, settings=settings, loss=quantile_loss, checkpoints=memory)
    after = unpack(memory.kept["scripted"]).weights
    assert float((after["back"] - before[0]).abs().max()) == pytest.approx(1e-4, rel=1e-3)
    assert float((after["head.bias"] - before[1]).abs().max()) == pytest.approx(1e-3, rel=1e-3)


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


WIDE = QUICK.model_copy(update={"batch_size": 64, "max_epochs": 3, "patience": 5})


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
    other = train(small_lstm(), NOISE, settings=WIDE, loss=quantile_loss, checkpoints=memory)
    assert trained.history == other.history
    assert all(torch.equal(trained.weights[name], other.weights[name]) for name in other.weights)


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


@pytest.mark.parametrize("group_bytes", [1, 8_000, 1 << 20])
def test_gathering_several_batches_at_once_changes_nothing(group_bytes, monkeypatch):
    """Law: 11 batches gathered one by one, a few or 8 at a time are the same batches, and so are the weights."""
    settings = WIDE.model_copy(update={"epoch_steps": 11, "max_epochs": 1})
    monkeypatch.setattr("lstm.model.network.sampling.GROUP", 1)
    alone = train(small_lstm(), NOISE, settings=settings, loss=quantile_loss)
    monkeypatch.setattr("lstm.model.network.sampling.GROUP", 8)
    monkeypatch.setattr("lstm.model.network.sampling.GROUP_BYTES", group_bytes)
    inputs = FakeInputs(NOISE)
    grouped = train(small_lstm(), NOISE, settings=settings, loss=quantile_loss, inputs=inputs)
    assert all(torch.equal(grouped.weights[name], alone.weights[name]) for name in alone.weights)
    assert grouped.history == alone.history
    # A window of 4 + 2 steps has 14 numbers, or 15, of 4 bytes: 64 of them are 3,584 bytes or a little more.
    expected = {1: [64] * 11, 8_000: [64, 128, 128, 128, 128, 128], 1 << 20: [64, 512, 128]}[group_bytes]
    assert inputs.gathered == [5, *expected]


def test_a_part_of_a_batch_holds_all_rows_of_its_windows():
    """Two windows of three channels each, a row a channel; a level has a row a window: halves of 3 and 1 rows."""
    rows = torch.arange(6.0).reshape(6, 1, 1)
    names = [field.name for field in fields(Batch)]
    batch = Batch(**{name: rows if name in ("history", "target") else torch.tensor([[0.0], [1.0]]) for name in names})
    first, second = split(batch, 2)
    assert (first.history.flatten().tolist(), second.target.flatten().tolist()) == ([0, 1, 2], [3, 4, 5])
    assert (first.level.tolist(), second.level.tolist()) == ([[0]], [[1]])


def test_parts_are_as_even_as_can_be():
    """Seven windows in three parts: 2, 2 and 3, in order, and every window once."""
    batch = FakeInputs(np.arange(30.0)).gather(torch.zeros(7, dtype=torch.int64), torch.arange(10, 17))
    newest = [part.history[:, -1, 0].tolist() for part in split(batch, 3)]
    assert newest == [[10, 11], [12, 13], [14, 15, 16]]


@pytest.mark.parametrize("rows", [1, 2, 3])
def test_validation_in_slices_is_the_loss_of_the_whole(rows, monkeypatch):
    """Law: slices count by their observed targets. Windows of 5 have 10 targets, of which the gap takes 3."""
    values = NOISE.copy()
    values[22:24] = np.nan
    whole = train(small_lstm(), values, settings=WIDE, loss=quantile_loss)
    monkeypatch.setattr("lstm.model.training.loop.VALIDATION_ROWS", rows)
    sliced = train(small_lstm(), values, settings=WIDE, loss=quantile_loss)
    losses = [[row.validation_loss for row in trained.history] for trained in (whole, sliced)]
    assert losses[0] == pytest.approx(losses[1], rel=1e-6)


def test_nothing_inside_an_epoch_waits_for_the_device():
    """Law: how often a tensor becomes a Python number does not depend on the batches of an epoch."""

    class Reads(TorchDispatchMode):
        count = 0

        def __torch_dispatch__(self, func, types, args=(), kwargs=None):
            self.count += func is torch.ops.aten._local_scalar_dense.default
            return func(*args, **(kwargs or {}))

    counts = []
    for steps in (2, 20):
        settings = QUICK.model_copy(update={"epoch_steps": steps, "max_epochs": 1})
        with Reads() as reads:
            train(small_lstm(), NOISE, settings=settings, loss=quantile_loss)
        counts.append(reads.count)
    assert counts[0] == counts[1]


def test_every_window_is_drawn_as_often_whatever_its_series():
    """One series has 3 windows, the other 97: of 20,000 draws each window gets 200, within five deviations (70)."""
    series = np.array([0] * 3 + [1] * 97)
    sampler = Sampler.of(series, np.arange(100), torch.device("cpu"))
    drawn = sampler.draw(10, 2000, torch.Generator().manual_seed(0))
    assert drawn.shape == (10, 2000)
    counts = np.bincount(drawn.flatten().numpy(), minlength=100)
    assert len(counts) == 100
    assert np.abs(counts - 200).max() < 70


def test_draws_do_not_depend_on_what_the_windows_are_called():
    """Law: the same generator draws the same positions; windows may come in any order, and reversed by numpy."""
    first, second = (
        Sampler.of(series, rows, torch.device("cpu")).draw(2, 8, torch.Generator().manual_seed(3))
        for series, rows in ((np.arange(20), np.arange(20)), (np.zeros(20), np.arange(20)[::-1]))
    )
    assert torch.equal(first, second)


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
    monkeypatch.setattr("lstm.model.training.loop.SMALLEST_BATCH", 1)
    with caplog.at_level(logging.WARNING):
        sliced = train(narrow(2), NOISE, settings=settings, loss=quantile_loss)
    assert sliced.best_loss == pytest.approx(whole.best_loss, rel=1e-6)
    assert "validation; it is done in slices of 2 windows" in caplog.text
    with pytest.raises(TrainingError, match=r"not enough memory for 1 windows of validation; lower model"):
        train(narrow(0), NOISE, settings=settings, loss=quantile_loss)
