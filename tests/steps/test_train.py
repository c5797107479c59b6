"""Which epochs of a training are told."""

from lstm.model.training.checkpoint import EpochRow
from lstm.steps.train import EpochLines


def test_hundreds_of_epochs_are_told_every_few_seconds_and_few_each():
    """300 epochs of half a second: the first ten, then one in each five seconds; another network begins anew."""
    lines = EpochLines()
    told = [epoch for epoch in range(1, 301) if lines.has("member-0", row(epoch, epoch / 2))]
    assert told == [*range(1, 11), *range(20, 301, 10)]
    assert lines.has("member-1", row(1, 150.1))
    assert EpochLines().has("member-0", row(120, 0.1))  # the first word of a training that goes on


def row(epoch: int, seconds: float) -> EpochRow:
    return EpochRow(epoch, epoch, 0.5, 0.5, 1e-3, seconds, 64)
