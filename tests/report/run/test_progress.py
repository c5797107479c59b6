"""A training while it goes on, in words."""

import pytest

from lstm.config import Training
from lstm.model.training.checkpoint import EpochRow
from lstm.report.run.progress import TrainingProgress


def progress(*rows: tuple[str, int, float, float], members: int = 2, **training: object) -> TrainingProgress:
    """rows: phase, epoch, validation loss, seconds."""
    history = [(phase, EpochRow(epoch, 50, 0.5, loss, 3e-3, at, 256)) for phase, epoch, loss, at in rows]
    return TrainingProgress(Training(max_epochs=10, **training), members, history)


def test_the_newest_epoch_is_told_with_losses_rate_and_time():
    """2 s an epoch: 8 epochs of this network, 10 of the other, and 2 refits of as many epochs as the best one, 1."""
    sentence = progress(("member-0", 1, 0.4, 2.0), ("member-0", 2, 0.45, 4.0)).sentence()
    assert sentence == (
        "network 1 of 2, epoch 2 of at most 10, training loss 0.5000, validation loss 0.4500 (best 0.4000 in epoch 1), "
        "learning rate 0.003, 4 s so far, at most 40 s left"
    )


@pytest.mark.parametrize(
    ("rows", "percent"),
    [
        ([("member-0", 5, 0.4, 2.0)], 12.5),  # half of the first of four phases
        ([("member-1", 1, 0.4, 2.0)], 27.5),
        ([("member-0", 2, 0.4, 1.0), ("member-1", 2, 0.4, 2.0), ("member-0-refit", 1, 0.4, 3.0)], 62.5),
        ([("member-0", 1, 0.4, 1.0), ("member-1", 1, 0.4, 2.0), ("member-1-refit", 1, 0.4, 3.0)], 99.0),
    ],
)
def test_the_share_follows_from_the_phases_and_is_whole_only_at_the_end(rows, percent):
    assert progress(*rows).percent == pytest.approx(percent)


def test_no_more_time_is_left_than_the_deadline_allows():
    rows = [("member-0", 1, 0.4, 10.0), ("member-0", 2, 0.4, 20.0)]
    assert progress(*rows, deadline=25.0).most_seconds_left == pytest.approx(5.0)
    assert progress(*rows, deadline=15.0).most_seconds_left == 0.0


def test_a_refit_has_no_validation_loss():
    rows = [("member-0", 3, 0.4, 3.0), ("member-0-refit", 1, 0.3, 4.0)]
    assert "validation" not in progress(*rows, members=1).sentence()
    assert "| refit of network 1 | 1 | 0.5000 | – |" in progress(*rows, members=1).summary()


def test_the_table_has_the_newest_epochs_first_and_counts_the_rest():
    summary = progress(
        *((f"member-{place}", epoch, 0.4, 1.0) for place in (0, 1, 2) for epoch in range(1, 11)), members=3
    ).summary()
    lines = [line for line in summary.splitlines() if line.startswith("| network")]
    assert (len(lines), lines[1]) == (21, "| network 3 | 10 | 0.5000 | 0.4000 | 0.003 | 1 |")
    assert "10 earlier epochs" in summary
