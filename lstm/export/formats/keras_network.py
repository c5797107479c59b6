"""Keras 3: the textbook network as a `.keras` file, for those who use TensorFlow or JAX."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from torch import Tensor

from lstm.errors import ConfigError
from lstm.export.alone.window_inputs import Forecast
from lstm.export.formats.packages import require


def write_keras(folder: Path, card: dict[str, Any], weights: Mapping[str, Tensor]) -> Forecast:
    """Writes `model.keras` and `keras_layers.py`, and answers the forecasts of the file on Keras' torch backend.

    weights: of `ExportedModel`. Raises ConfigError for another kind of network than the textbook's, and where Keras is
    missing or runs on another backend already.
    """
    kinds = {member["kind"] for member in card["members"]}
    if kinds != {"textbook"}:
        raise ConfigError(
            f'only models of kind = "textbook" can be exported to Keras, this is {", ".join(sorted(kinds))}; export it '
            "to onnx or pytorch"
        )
    keras = _keras_on_torch()
    from lstm.export.alone import keras_layers

    path = folder / "model.keras"
    _network(keras, keras_layers, card, weights).save(path)
    (folder / "keras_layers.py").write_bytes(Path(keras_layers.__file__).read_bytes())
    model = keras.saving.load_model(path)
    return lambda inputs: np.asarray(keras.ops.convert_to_numpy(model(inputs)))


def _keras_on_torch() -> Any:
    """Keras, whose backend is chosen when it is first imported."""
    require("keras", "keras")
    if "keras" not in sys.modules:
        os.environ["KERAS_BACKEND"] = "torch"
    import keras

    if keras.backend.backend() != "torch":
        raise ConfigError(
            f"Keras runs on {keras.backend.backend()} in this process, and an export wants it on torch; export in a "
            "process of its own, by `nightcast models export`"
        )
    return keras


def _network(keras: Any, layers: Any, card: dict[str, Any], weights: Mapping[str, Tensor]) -> Any:
    """The functional model, from windows in the targets' units to quantiles in these."""
    contract, members, logs = card["contract"], card["members"], card["logs"]
    shared, targets = card["channels"] == "shared", len(contract["targets"])
    longest = max(member["look_back"] for member in members)
    shapes = {"history": (longest, targets), "level": (len(members), targets), "scale": (len(members), targets)}
    inputs = {name: keras.Input(shape, name=name, dtype="float64") for name, shape in shapes.items()}
    networks, forecasts = [], []
    for number, member in enumerate(members):
        normalised = layers.Normalised(number, member["look_back"], logs, shared, dtype="float64")(**inputs)
        network = layers.FedBack(contract["horizon"], member["hidden"], member["layers"], 1 if shared else targets)
        networks.append(network)
        forecasts.append(network(normalised))
    quantiles = layers.Quantiles(
        card["served_calibration"], contract["quantile_levels"].index(0.5), logs, card["minimum"], dtype="float64"
    )
    model = keras.Model(inputs, quantiles(forecasts, inputs["level"], inputs["scale"]), name="nightcast")
    for number, network in enumerate(networks):
        network.set_weights(_keras_weights(weights, f"members.{number}.network.", members[number]["layers"]))
    return model


def _keras_weights(weights: Mapping[str, Tensor], prefix: str, layers: int) -> list[np.ndarray]:
    """The tensors of a member in Keras' order: kernels are transposed, gates in the same order, both biases one."""

    def part(name: str) -> np.ndarray:
        return np.asarray(weights[prefix + name].detach().cpu())

    parts = []
    for layer in range(layers):
        parts += [part(f"lstm.weight_ih_l{layer}").T, part(f"lstm.weight_hh_l{layer}").T]
        parts += [part(f"lstm.bias_ih_l{layer}") + part(f"lstm.bias_hh_l{layer}")]
    return [*parts, part("head.weight").T, part("head.bias")]
