"""ONNX: all members, their mean and everything up to the targets' units as one graph, laid out for Triton."""

import logging
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import torch

from lstm.export.alone.exported_model import ExportedModel
from lstm.export.alone.window_inputs import Forecast
from lstm.export.formats.packages import require
from lstm.export.formats.triton import triton_config

OUTPUT = "quantiles"


def write_onnx(folder: Path, model: ExportedModel, windows: Mapping[str, np.ndarray], name: str) -> Forecast:
    """Writes `<name>/1/model.onnx` and `<name>/config.pbtxt`, and answers the forecasts of the file by onnxruntime.

    windows: the model's inputs of a window or more, from which it learns their shapes.
    """
    require("onnx", "onnx", "onnxscript", "onnxruntime")
    path = folder / name / "1" / "model.onnx"
    path.parent.mkdir(parents=True)
    # Two windows: of one alone the exporter would conclude that there is always one. Tensors of their own, since an
    # export may keep the memory behind a view, and its strides.
    examples = {name: torch.from_numpy(np.concatenate([rows, rows])[:2].copy()) for name, rows in windows.items()}
    batch = torch.export.Dim("windows")
    with _quiet():
        torch.onnx.export(
            model,
            (),
            str(path),
            kwargs=examples,
            input_names=list(examples),
            output_names=[OUTPUT],
            dynamic_shapes={name: {0: batch} for name in examples},
            dynamo=True,
            external_data=False,
            verbose=False,
        )
    output = (model.horizon, model.quantiles, model.targets)
    (folder / name / "config.pbtxt").write_text(triton_config(name, windows, {OUTPUT: output}), encoding="utf-8")
    return forecasts_of(path)


def forecasts_of(path: Path) -> Forecast:
    """The forecasts of an ONNX file by onnxruntime."""
    import onnxruntime

    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    return lambda inputs: np.asarray(session.run([OUTPUT], inputs)[0])


@contextmanager
def _quiet() -> Iterator[None]:
    """Without what the exporter says of its own parts, which no reader can act upon."""
    before = logging.root.manager.disable
    try:
        logging.disable(logging.WARNING)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)
