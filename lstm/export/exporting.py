"""A model, written into a folder of its own in one of the formats, and tried there before it comes to its place."""

from pathlib import Path
from typing import Any, Literal

import numpy as np
from torch import Tensor

from lstm.errors import ModelError
from lstm.export.alone import window_inputs
from lstm.export.alone.exported_model import build
from lstm.export.alone.window_inputs import Forecast, allowed, distance, forecast_series
from lstm.export.readme import example_text, readme_text
from lstm.export.sample_windows import Sample
from lstm.export.whole_folder import whole_folder
from lstm.model.forecaster.forecaster import Forecaster

Format = Literal["onnx", "pytorch", "keras"]


def export_model(networks: Forecaster, sample: Sample, folder: str | Path, file_format: Format, name: str) -> None:
    """Writes the weights that serve into a folder, with what others need to forecast with them.

    name: of the model within the folder, such as that of its pipeline. Raises ConfigError where the folder holds
    something, a package is missing or the format cannot hold the model, and ModelError where what was exported does
    not forecast what the sample says.
    """
    with whole_folder(folder) as part:
        (part / "model.json").write_bytes(networks.to_bytes()[0])
        forecast = _write(part, file_format, sample, exported_weights(networks), name)
        _compare(sample, forecast)
        np.savez_compressed(part / "example.npz", **sample.arrays)  # type: ignore[arg-type]
        (part / "window_inputs.py").write_bytes(Path(window_inputs.__file__).read_bytes())
        (part / "example.py").write_text(example_text(file_format, name, sample), encoding="utf-8")
        (part / "README.md").write_text(readme_text(file_format, name, sample), encoding="utf-8")


def exported_weights(networks: Forecaster) -> dict[str, Tensor]:
    """The tensors that serve, by their names in `ExportedModel`, without empty ones, each in memory of its own."""
    return {
        f"members.{number}.network.{name}": tensor.detach().cpu().clone().contiguous()
        for number, member in enumerate(networks.card.members)
        for name, tensor in networks.state(member, "served").items()
        if tensor.numel()
    }


def _write(folder: Path, file_format: Format, sample: Sample, weights: dict[str, Tensor], name: str) -> Forecast:
    """Writes the files of a format, and answers how these forecast."""
    card: dict[str, Any] = sample.card
    if file_format == "keras":
        from lstm.export.formats.keras_network import write_keras

        return write_keras(folder, card, weights)
    model = build(card, weights)
    if file_format == "pytorch":
        from lstm.export.formats.torch_weights import write_torch

        return write_torch(folder, model)
    from lstm.export.formats.onnx_graph import write_onnx

    return write_onnx(folder, model, sample.inputs, name)


def _compare(sample: Sample, forecast: Forecast) -> None:
    """Raises ModelError where the files do not forecast what the sample says, from its plain histories."""
    for series, name in enumerate(sample.arrays["series"]):
        history = (sample.arrays[f"{part}_{series}"] for part in ("targets", "past", "future", "static"))
        quantiles = forecast_series(sample.card, forecast, *history)[None]
        inputs = {part: rows[[series]] for part, rows in sample.inputs.items()}
        apart = distance(sample.card, inputs, quantiles, sample.arrays["expected"][[series]])
        if not (apart <= allowed(inputs)).all():
            raise ModelError(
                f"the exported model forecasts series {str(name)!r} {apart.max():.2g} of a scale away from the "
                f"forecasts {sample.origin}, {allowed(inputs).min():.2g} is allowed; nothing was written",
                series=str(name),
            )
