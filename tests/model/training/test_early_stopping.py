"""Early stopping, on scripted sequences of losses."""

import math

from lstm.model.training.early_stopping import EarlyStopping


def after(losses: list[float], patience: int) -> EarlyStopping:
    stopping = EarlyStopping(patience)
    for loss in losses:
        stopping = stopping.after(loss)
    return stopping


def test_the_best_epoch_is_remembered_and_training_stops_after_the_patience():
    """Best at epoch 3; epochs 4 and 5 bring nothing better, so with patience 2 training stops after the fifth."""
    stopping = after([0.9, 0.7, 0.5, 0.6, 0.55], patience=2)
    assert (stopping.best_epoch, stopping.best_loss, stopping.stop) == (3, 0.5, True)
    assert not after([0.9, 0.7, 0.5, 0.6], patience=2).stop


def test_an_equal_loss_is_no_improvement():
    """Epoch 2 repeats the loss of epoch 1."""
    assert after([0.5, 0.5], patience=6).best_epoch == 1


def test_a_start_that_no_epoch_beats_stays_the_best():
    """Epoch 0 is the start: patience counts from it, an equal loss does not beat it, a smaller one does."""
    start = EarlyStopping(2).from_start(0.5)
    assert (start.best_epoch, start.best_loss, start.improved, start.stop) == (0, 0.5, False, False)
    beaten = start.after(0.5).after(0.4)
    assert (beaten.best_epoch, beaten.best_loss, beaten.improved) == (2, 0.4, True)
    unbeaten = start.after(0.6).after(0.7)
    assert (unbeaten.best_epoch, unbeaten.best_loss, unbeaten.stop) == (0, 0.5, True)


def test_any_epoch_beats_a_start_that_is_nan():
    """Law: a NaN is worse than every number."""
    assert EarlyStopping(2).from_start(math.nan).after(9.0).best_epoch == 1


def test_nan_is_never_an_improvement():
    """A NaN validation loss leaves the best as it is, also when it is the first."""
    stopping = after([math.nan, 0.8, math.nan], patience=6)
    assert (stopping.best_epoch, stopping.best_loss) == (2, 0.8)
