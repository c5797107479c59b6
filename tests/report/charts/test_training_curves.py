"""The picture of a training."""

import numpy as np
import pytest
from stories import story_history

from lstm.report.charts.style import LARGEST_PNG
from lstm.report.charts.training_curves import training_picture


@pytest.mark.parametrize(("members", "epochs"), [(1, 1), (1, 40), (3, 30)])
def test_a_training_of_any_length_is_drawn(members: int, epochs: int) -> None:
    """One epoch, many epochs, several members."""
    assert len(training_picture(story_history(members, epochs))) <= LARGEST_PNG


def test_losses_that_are_not_numbers_are_gaps() -> None:
    """A training that diverged has a history too."""
    history = story_history()
    nothing = np.full(len(history), np.nan)
    for name in ("train_loss", "validation_loss"):
        history = history.set_column(history.column_names.index(name), name, [nothing])
    assert training_picture(history)
