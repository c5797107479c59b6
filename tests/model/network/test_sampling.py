"""Windows for training: drawn evenly, gathered several batches at once, and split into parts."""

from dataclasses import fields

import numpy as np
import pytest
import torch

from lstm.model.network.batch import Batch
from lstm.model.network.loss import quantile_loss
from lstm.model.network.sampling import Sampler, split
from scripted import NOISE, WIDE, FakeInputs, small_lstm
from scripted import scripted_training as train


def test_every_window_is_drawn_as_often_whatever_its_series():
    """One series has 3 windows, the other 97: of 20,000 draws each window gets 200, within five deviations (70)."""
    series = np.array([0] * 3 + [1] * 97)
    sampler = Sampler.of(series, np.arange(100), torch.device("cpu"))
    positions = sampler.draw(10, 2000, torch.Generator().manual_seed(0))
    assert positions.shape == (10, 2000)
    counts = np.bincount(positions.flatten().numpy(), minlength=100)
    assert len(counts) == 100
    assert np.abs(counts - 200).max() < 70


def test_draws_do_not_depend_on_what_the_windows_are_called():
    """Law: the same generator draws the same positions; windows may come in any order, and reversed by numpy."""
    first, second = (
        Sampler.of(series, rows, torch.device("cpu")).draw(2, 8, torch.Generator().manual_seed(3))
        for series, rows in ((np.arange(20), np.arange(20)), (np.zeros(20), np.arange(20)[::-1]))
    )
    assert torch.equal(first, second)


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
