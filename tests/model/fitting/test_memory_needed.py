"""What a training takes of memory, by hand, and what is refused."""

from dataclasses import replace

import numpy as np
import pytest

from lstm.config import Model
from lstm.errors import ConfigError
from panels import make_panel
from trainings import CPU, train


def wide_panel():
    """A series of 120 steps with three past covariates."""
    panel = make_panel({"a": np.sin(np.arange(120.0))}, horizon=2, cutoff=119)
    return replace(panel, past=np.zeros((panel.steps, 3), np.float32), past_names=("p", "q", "r"))


def test_a_training_that_does_not_fit_is_refused_with_its_sum_before_it_begins():
    """256 windows of 40 + 2 steps: 42 x (4 + 2 x 3) numbers of 4 bytes, three times, are 1.29 MB.

    Three times 41 x 41 sums of 8 bytes are 40 KB, 122 rows of four numbers, three covariates of 4 bytes and
    20 bytes of a window's position 5.9 KB.
    """
    epochs = []
    with pytest.raises(ConfigError) as refusal:
        train(
            wide_panel(),
            model=Model(members=1, look_back=40),
            training={"batch_size": 256},
            free_memory=1_330_000,
            on_epoch=lambda phase, row: epochs.append(row),
        )
    assert "256 windows x 42 steps x 5 channels in a batch" in str(refusal.value)
    assert "lower model.look_back or training.batch_size" in str(refusal.value)
    assert epochs == []
    needed = 3 * 256 * 42 * 10 * 4 + 3 * 8 * 41**2 + 122 * 48
    assert needed == 1_336_440
    trained = train(
        wide_panel(), model=Model(members=1, look_back=40), training={"batch_size": 256}, free_memory=needed
    )
    assert trained.forecaster.card.members


def test_a_machine_that_does_not_say_what_is_free_is_trained_on():
    assert CPU.type == "cpu"
    assert train(wide_panel(), model=Model(members=1, look_back=40), free_memory=None).forecaster.card.members


def test_ranks_that_do_not_fit_beside_each_other_are_refused():
    """A second process of 400 MB beside one that fits."""
    with pytest.raises(ConfigError, match=r"by 2 ranks would take 0\.4 GB, and 0\.3 GB are free; lower training.ranks"):
        train(wide_panel(), model=Model(members=1, look_back=40), training={"ranks": 2}, free_memory=300_000_000)
