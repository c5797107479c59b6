"""ONNX: a graph that onnxruntime runs answers what the model answers, for any number of windows."""

import numpy as np
import onnx
import pytest
from exported import KINDS, far_apart, in_torch, module_of, sample_of

from lstm.export.formats.onnx_graph import write_onnx

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
