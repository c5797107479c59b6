"""A baseline in the place of a model."""

import numpy as np
import pytest
import torch

from lstm.errors import ModelError
from lstm.model.baselines import model as baseline_model
from lstm.model.baselines.model import BaselineModel
from panels import make_panel

CPU = torch.device("cpu")
LEVELS = (0.1, 0.5, 0.9)


def test_it_forecasts_as_its_baseline_from_panel_rows_and_within_the_minimum():
    """Season 2 of 1, -2, 3, -4: step 1 is 3, step 2 is -4, which the minimum of zero raises."""
    panel = make_panel({"other": [9, 9], "a": [1, -2, 3, -4]}, horizon=2, cutoff=3)
    model = BaselineModel("seasonal_naive", 2, LEVELS, 0.0)
    forecast = model.forecast(panel, np.array([1]), panel.row_of(np.array([1]), 3), which="served", device=CPU)
    np.testing.assert_array_equal(forecast[0, :, 1, 0], [3, 0])
    assert (forecast >= 0).all()


def test_nothing_is_too_short_for_it_and_it_has_read_nothing():
    """Law: it can serve any panel and be judged on any origin, as it was never trained."""
    panel = make_panel({"a": [1.0]}, horizon=2, cutoff=0)
    model = BaselineModel("naive", 1, LEVELS, None)
    assert not model.too_short(panel, np.array([0]), np.array([0])).any()
    assert model.readable(panel) is panel
    assert (model.trained_through, model.served_through, model.steps_needed, model.has_ridge) == ("", "", 0, False)


def test_a_version_names_its_baseline():
    """By `baseline:NAME`; an unknown name lists those that there are."""
    model = BaselineModel.of_uri("baseline:seasonal_average", season=7, levels=LEVELS, minimum=None)
    assert (model.name, model.method) == ("seasonal_average", "baseline:seasonal_average")
    with pytest.raises(ModelError, match="no baseline 'baseline:best'; there are: baseline:naive, "):
        BaselineModel.of_uri("baseline:best", season=7, levels=LEVELS, minimum=None)


def test_a_method_of_a_library_that_is_missing_cannot_be_read(monkeypatch):
    """It says which extra to install."""
    monkeypatch.setattr(baseline_model, "statsforecast_installed", lambda: False)
    panel = make_panel({"a": [1.0]}, horizon=2, cutoff=0)
    with pytest.raises(ModelError, match="baseline:theta needs the extra statsforecast"):
        BaselineModel("theta", 1, LEVELS, None).readable(panel)
