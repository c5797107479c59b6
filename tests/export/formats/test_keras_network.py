"""Keras: the textbook network, equal to some millionths of a scale; no other kind."""

import numpy as np
import pytest
from exported import card_of, in_torch, model_of, module_of, sample_of

from lstm.errors import ConfigError
from lstm.export.formats.keras_network import _keras_on_torch, write_keras


def weights_of(kind):
    return module_of(kind).state_dict()


def test_the_file_forecasts_what_the_model_forecasts(tmp_path):
    """Law: two members of two layers each, logarithms, gaps, a series that begins within the look-back."""
    forecast = write_keras(tmp_path, card_of(model_of("textbook")), weights_of("textbook"))
    sample, expected = sample_of("textbook"), in_torch("textbook")
    apart = np.abs(forecast(sample.inputs) / expected - 1.0) / sample.inputs["scale"][:, 0][:, None, None]
    assert apart.max() < 3e-6  # of a scale, which is that of a logarithm, in single precision
    assert {file.name for file in tmp_path.iterdir()} == {"model.keras", "keras_layers.py"}


def test_another_kind_is_refused(tmp_path):
    """With what it can be exported to."""
    with pytest.raises(ConfigError, match=r'only models of kind = "textbook" .* this is segmented; export it to onnx'):
        write_keras(tmp_path, card_of(model_of("segmented")), {})
    assert list(tmp_path.iterdir()) == []


def test_another_backend_is_refused(tmp_path, monkeypatch):
    """Law: who has Keras on another backend in this process is told to take another process."""
    keras = _keras_on_torch()
    monkeypatch.setattr(keras.backend, "backend", lambda: "jax")
    with pytest.raises(ConfigError, match="Keras runs on jax in this process"):
        write_keras(tmp_path, card_of(model_of("textbook")), {})
