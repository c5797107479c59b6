"""ONNX: all members, their mean and everything up to the targets' units as one graph, laid out for Triton."""

import logging
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

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
        program = torch.onnx.export(
            model,
            (),
            kwargs=examples,
            input_names=list(examples),
            output_names=[OUTPUT],
            dynamic_shapes={name: {0: batch} for name in examples},
            dynamo=True,
            verbose=False,
        )
    assert program is not None  # it is where dynamo is on
    path.write_bytes(_without_traces(program.model_proto))
    output = (model.horizon, model.quantiles, model.targets)
    (folder / name / "config.pbtxt").write_text(triton_config(name, windows, {OUTPUT: output}), encoding="utf-8")
    return forecasts_of(path)


def forecasts_of(path: Path) -> Forecast:
    """The forecasts of an ONNX file by onnxruntime."""
    import onnxruntime

    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    return lambda inputs: np.asarray(session.run([OUTPUT], inputs)[0])


def _without_traces(model: Any) -> bytes:
    """An `onnx.ModelProto` without the lines of our code behind each node, which are as large as the weights."""
    graph = model.graph
    for part in (graph, *graph.node, *graph.value_info, *graph.input, *graph.output):
        del part.metadata_props[:]
    content: bytes = model.SerializeToString()
    return content


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
