"""PyTorch: weights in two formats, and modules that read them without Nightcast."""

import sys
from importlib import import_module

import pytest
import torch
from exported import KINDS, card_of, far_apart, in_torch, model_of, module_of, sample_of
from safetensors.torch import load_file

from lstm.export.alone.exported_model import build
from lstm.export.formats.torch_weights import forecasts_of, write_torch


@pytest.mark.parametrize("kind", KINDS)
def test_the_files_forecast_what_the_model_forecasts(kind, tmp_path):
    """Law: from `.pth`, which is read without running code, and from safetensors, which is the same to the bit."""
    (tmp_path / "model.json").write_bytes(model_of(kind).to_bytes()[0])
    forecast = write_torch(tmp_path, module_of(kind))
    sample = sample_of(kind)
    assert not far_apart(sample, forecast(sample.inputs))
    weights = load_file(tmp_path / "weights.safetensors")
    again = forecasts_of(build(card_of(model_of(kind)), weights))
    assert (again(sample.inputs) == in_torch(kind)).all()
    assert all(tensor.numel() for tensor in weights.values())
    assert torch.load(tmp_path / "weights.pth", weights_only=True).keys() == weights.keys()


def test_the_modules_are_read_where_they_lie(tmp_path, monkeypatch):
    """Law: `import model` in that folder, with `networks` beside it and nothing of `lstm`."""
    (tmp_path / "model.json").write_bytes(model_of("shared").to_bytes()[0])
    write_torch(tmp_path, module_of("shared"))
    monkeypatch.syspath_prepend(tmp_path)
    for name in ("model", "networks"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    model = import_module("model")

    assert "lstm" not in (tmp_path / "model.py").read_text(encoding="utf-8").replace("self.lstm", "")
    sample = sample_of("shared")
    assert (forecasts_of(model.load())(sample.inputs) == in_torch("shared")).all()
    for name in ("model", "networks"):
        monkeypatch.delitem(sys.modules, name)
