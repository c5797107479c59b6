"""A fit of a panel in memory."""

from typing import Any

import numpy as np
import pytest

from lstm.errors import ConfigError
from lstm.frames.panel_fit import fit_panel
from panels import make_panel
from trainings import windows_of


def test_settings_are_those_of_the_door():
    """Law: by their names, checked as everywhere; what a model promises follows from the panel."""
    panel = make_panel({"a": np.sin(np.arange(200))}, horizon=3, cutoff=200)
    small: dict[str, Any] = {"model": {"members": 1}, "training": {"max_epochs": 1, "epoch_steps": 1, "refit": False}}
    card = fit_panel(panel, windows_of(panel), quantile_levels=(0.2, 0.5, 0.8), **small).forecaster.card
    assert card.contract.model_dump() == {
        "targets": ("y",),
        "series": ("id",),
        "horizon": 3,
        "frequency": "D",
        "quantile_levels": (0.2, 0.5, 0.8),
    }
    with pytest.raises(ConfigError, match=r"training\.max_epochs"):
        fit_panel(panel, windows_of(panel), training={"max_epochs": 0})
