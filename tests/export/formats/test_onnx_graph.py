"""ONNX: a graph that onnxruntime runs answers what the model answers, for any number of windows."""

import numpy as np
import onnx
import pytest
from exported import KINDS, card_of, far_apart, in_torch, module_of, sample_of

from lstm.config import Model
from lstm.export.alone.exported_model import build
from lstm.export.exporting import exported_weights
from lstm.export.formats.onnx_graph import write_onnx
from lstm.export.sample_windows import forecast_sample
from panels import make_panel
from trainings import made_of

QUICK = "shared"  # the others are the same code with other layers


@pytest.mark.parametrize("kind", [pytest.param(kind, marks=[pytest.mark.slow] * (kind != QUICK)) for kind in KINDS])
def test_the_graph_forecasts_what_the_model_forecasts(kind, tmp_path):
    """Law: of one window and of several, of all inputs that the kind reads, in one file that a checker accepts."""
    sample = sample_of(kind)
    forecast = write_onnx(tmp_path, module_of(kind), sample.inputs, "some-name")
    path = tmp_path / "some-name" / "1" / "model.onnx"
    quantiles = forecast(sample.inputs)
    assert not far_apart(sample, quantiles)
    np.testing.assert_allclose(quantiles, in_torch(kind), rtol=1e-5)
    for windows in (1, 2, 7):
        some = {name: np.concatenate([rows] * 3)[:windows] for name, rows in sample.inputs.items()}
        np.testing.assert_allclose(forecast(some), np.concatenate([quantiles] * 3)[:windows], rtol=1e-5)
    graph = onnx.load(path)
    onnx.checker.check_model(graph, full_check=True)
    assert [part.name for part in graph.graph.input] == list(sample.inputs)
    assert [file.name for file in path.parent.iterdir()] == ["model.onnx"]
    content, weights = path.read_bytes(), sum(tensor.nbytes for tensor in module_of(kind).state_dict().values())
    assert len(content) < weights + 150_000  # once, no example beside them, nor our code's lines
    assert b"exported_model" not in content


@pytest.mark.slow
def test_large_levels_keep_their_digits(tmp_path):
    """Law: a target of 1e9 with a spread of 5 is forecast to a thousandth of that; single precision rounds it to 64."""
    week = np.tile([5.0, 3, 4, 6, 8, 12, 9], 20) + np.random.default_rng(0).normal(size=140)
    panel = make_panel({"a": 1e9 + week}, horizon=3, cutoff=140, dtype=np.float64)
    model = made_of(panel, model=Model(members=1, transform="identity"), training={"epoch_steps": 3, "max_epochs": 1})
    sample = forecast_sample(model, panel, "")
    module = build(card_of(model), exported_weights(model))
    quantiles = write_onnx(tmp_path, module, sample.inputs, "m")(sample.inputs)
    np.testing.assert_allclose(quantiles, sample.arrays["expected"], rtol=0, atol=5e-3)
