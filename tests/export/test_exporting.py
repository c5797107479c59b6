"""An exported folder is tried before it comes to its place, and runs where its own library alone is installed."""

import re
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from exported import model_of, sample_of
from own_environments import own_environment, run_in

from lstm.errors import ConfigError, ModelError
from lstm.export.exporting import export_model, exported_weights


def test_weights_are_the_served_ones_in_memory_of_their_own():
    """Law: without empty tensors, and no view whose storage a file would keep."""
    model = model_of("segmented")
    weights = exported_weights(model)
    served = model.state(model.card.members[1], "served")
    assert (weights["members.1.network.back"] == served["back"]).all()
    assert all(tensor.untyped_storage().nbytes() == tensor.nbytes > 0 for tensor in weights.values())


def test_a_folder_that_does_not_forecast_what_it_says_is_not_written(tmp_path):
    """Law: a sample that is a thousandth of a scale off is refused with the series; nothing is left."""
    sample = sample_of("shared")
    off = {**sample.arrays, "expected": sample.arrays["expected"] * 1.001}
    with pytest.raises(ModelError, match=r"forecasts series 'a' .* of a scale away from the forecasts of a test"):
        export_model(model_of("shared"), replace(sample, arrays=off), tmp_path / "out", "pytorch", "m")
    assert list(tmp_path.iterdir()) == []


def test_a_kind_that_a_format_cannot_hold_leaves_nothing(tmp_path):
    """Keras holds the textbook network alone."""
    with pytest.raises(ConfigError, match="this is stepwise"):
        export_model(model_of("stepwise"), sample_of("stepwise"), tmp_path / "out", "keras", "m")
    assert list(tmp_path.iterdir()) == []
    export_model(model_of("stepwise"), sample_of("stepwise"), tmp_path / "out", "pytorch", "m")
    assert np.load(tmp_path / "out" / "example.npz")["series"].tolist() == ["a"]


OF_FORMAT = {
    "onnx": ["onnxruntime", "numpy"],
    "pytorch": ["torch", "safetensors", "numpy"],
    "keras": ["keras", "torch"],
}


@pytest.mark.slow
@pytest.mark.parametrize("file_format", OF_FORMAT)
def test_an_exported_folder_forecasts_where_its_own_library_alone_is_installed(file_format, tmp_path):
    """Law: its example ends well, and says how far it is from the forecasts of that night; Nightcast is not there."""
    python = own_environment(tmp_path / "environment", OF_FORMAT[file_format])
    others = {"lstm", "onnxruntime", "torch", "keras"} - set(OF_FORMAT[file_format])
    for package in others:
        (tmp_path / "probe.py").write_text(f"import {package}")
        assert f"No module named '{package}'" in run_in(python, tmp_path / "probe.py").stderr
    kind = "textbook" if file_format == "keras" else "shared"
    export_model(model_of(kind), sample_of(kind), tmp_path / "out", file_format, "m")
    ended = run_in(python, tmp_path / "out" / "example.py", KERAS_HOME=str(tmp_path))
    assert ended.returncode == 0, ended.stderr
    assert re.search(r"at most \d.\de-\d\d of a scale from the forecasts of a test", ended.stdout)
    assert "a, z, step 3: 0.1: " in ended.stdout


@pytest.mark.slow
def test_an_example_says_when_its_folder_does_not_forecast_what_it_says(tmp_path):
    """Law: a weight that was changed ends it in words and with an exit code."""
    export_model(model_of("shared"), sample_of("shared"), tmp_path / "out", "pytorch", "m")
    weights = torch.load(tmp_path / "out" / "weights.pth", weights_only=True)
    weights["members.0.network.bias"] += 0.1
    torch.save(weights, tmp_path / "out" / "weights.pth")
    ended = run_in(Path(sys.executable), tmp_path / "out" / "example.py")
    assert ended.returncode == 1
    assert "that is too far" in ended.stderr
