"""The exported module forecasts what Nightcast forecasts, from windows in the tables' own units."""

import ast
from pathlib import Path

import numpy as np
import pytest
import torch
from exported import KINDS, card_of, in_torch, model_of, module_of, rich_panel, sample_of

from lstm.export.alone import exported_model
from lstm.export.alone.window_inputs import forecast_series
from lstm.export.exporting import exported_weights
from lstm.export.formats.torch_weights import forecasts_of
from panels import make_panel
from trainings import CPU, made_of


def expected_of(kind, panel):
    """(S, H, Q, C): the forecasts of all series by Nightcast itself."""
    series = np.arange(panel.series)
    return model_of(kind).forecast(panel, series, panel.row_of(series, panel.cutoff), which="served", device=CPU)


@pytest.mark.parametrize("kind", KINDS)
def test_the_module_forecasts_what_the_model_forecasts(kind):
    """Law: to 1e-5 of a scale, of each series from its plain history, with targets that end late among them.

    Covariates and targets have holes, one series begins within the look-back, and the members look back differently.
    """
    panel, model = rich_panel(), model_of(kind)
    expected, module = expected_of(kind, panel), forecasts_of(module_of(kind))
    held = np.maximum(expected, 0.0)  # no target was ever below zero
    for series in range(panel.series):
        rows, known = (
            slice(*panel.indptr[series : series + 2]),
            slice(panel.indptr[series], panel.indptr[series + 1] - 5),
        )
        forecast = forecast_series(
            card_of(model), module, panel.targets[known], panel.past[known], panel.future[rows], panel.static[series]
        )
        spread = np.nanstd(panel.targets[known], axis=0)
        assert (np.abs(forecast - held[series]) / spread).max() < 1e-5
    assert not np.allclose(held[0], held[0, :1])  # the networks do say something


@pytest.mark.parametrize("kind", KINDS)
def test_quantiles_do_not_cross(kind):
    """Law: whatever weights and calibration say."""
    assert (np.diff(in_torch(kind), axis=2) >= 0.0).all()
    card = card_of(model_of(kind)) | {"minimum": 26.0}
    crossing = torch.tensor(card["served_calibration"]).flip(1)
    card["served_calibration"] = (crossing * 100.0).tolist()
    module = exported_model.build(card, module_of(kind).state_dict())
    quantiles = forecasts_of(module)(sample_of(kind).inputs)
    assert (np.diff(quantiles, axis=2) >= 0.0).all()
    assert quantiles.min() == 26.0


def test_large_levels_keep_their_digits():
    """Law: a target of 1e9 with a spread of 5 is forecast to a thousandth of that; single precision rounds it to 64."""
    week = np.tile([5.0, 3, 4, 6, 8, 12, 9], 20) + np.random.default_rng(0).normal(size=140)
    panel = make_panel({"a": 1e9 + week}, horizon=3, cutoff=140, dtype=np.float64)
    model = made_of(panel, training={"epoch_steps": 3, "max_epochs": 1})
    series = np.arange(1)
    expected = model.forecast(panel, series, panel.row_of(series, 140), which="served", device=CPU)[0]
    module = exported_model.build(card_of(model), exported_weights(model))
    forecast = forecast_series(card_of(model), forecasts_of(module), panel.targets[:140])
    np.testing.assert_allclose(forecast, expected, rtol=0, atol=5e-3)
    assert 1e9 < forecast.min() < 1e9 + 20


@pytest.mark.parametrize("name", ["exported_model", "exported_network", "keras_layers", "window_inputs"])
def test_what_goes_into_folders_imports_nothing_of_nightcast(name):
    """Law: but for each other, which an export puts right."""
    path = Path(exported_model.__file__).with_name(f"{name}.py")
    tree = ast.parse(path.read_text(encoding="utf-8"))
    froms = [node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    imports = [alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names]
    allowed = {"json", "collections.abc", "pathlib", "typing", "numpy", "torch", "keras"}
    assert {*froms, *imports} - allowed <= {"lstm.export.alone.exported_network"}
