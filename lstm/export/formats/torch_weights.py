"""PyTorch: the weights as `.pth` and as safetensors, beside the module that reads them."""

from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save

from lstm.export.alone import exported_model, exported_network
from lstm.export.alone.exported_model import ExportedModel, load
from lstm.export.alone.window_inputs import Forecast


def write_torch(folder: Path, model: ExportedModel) -> Forecast:
    """Writes weights and modules, and answers the forecasts of these files.

    They are `model.py`, `networks.py`, `weights.pth` and `weights.safetensors`; the card lies in the folder already.
    """
    weights = {name: tensor.detach().clone().contiguous() for name, tensor in model.state_dict().items()}
    torch.save(weights, folder / "weights.pth")
    (folder / "weights.safetensors").write_bytes(save(weights))
    source = Path(exported_model.__file__).read_text(encoding="utf-8")
    (folder / "model.py").write_text(source.replace(exported_network.__name__, "networks"), encoding="utf-8")
    (folder / "networks.py").write_bytes(Path(exported_network.__file__).read_bytes())
    return forecasts_of(load(folder))


def forecasts_of(model: ExportedModel) -> Forecast:
    """The forecasts of a module of torch."""

    @torch.inference_mode()
    def forecast(inputs: dict[str, np.ndarray]) -> np.ndarray:
        return np.asarray(model(**{name: torch.from_numpy(rows) for name, rows in inputs.items()}))

    return forecast
