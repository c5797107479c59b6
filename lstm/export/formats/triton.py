"""What NVIDIA's Triton Inference Server asks beside an ONNX file: `config.pbtxt`, in protobuf's text format.

The fields are those of `model_config.proto` (github.com/triton-inference-server/common).
"""

from collections.abc import Mapping

import numpy as np

TYPES = {np.dtype(np.float64): "TYPE_FP64", np.dtype(bool): "TYPE_BOOL"}
MOST_WINDOWS = 1_024  # of a batch, which Triton makes of requests that come at the same time


def triton_config(name: str, inputs: Mapping[str, np.ndarray], outputs: Mapping[str, tuple[int, ...]]) -> str:
    """The text of `config.pbtxt`. inputs: windows of each. outputs: shape of each of a window."""
    shapes = [("input", part, TYPES[rows.dtype], rows.shape[1:]) for part, rows in inputs.items()]
    shapes += [("output", part, "TYPE_FP64", shape) for part, shape in outputs.items()]
    tensors = "".join(
        f'{role} {{\n  name: "{part}"\n  data_type: {kind}\n  dims: {list(shape)}\n}}\n'
        for role, part, kind, shape in shapes
    )
    head = f'name: "{name}"\nplatform: "onnxruntime_onnx"\nmax_batch_size: {MOST_WINDOWS}\n'
    return f"{head}{tensors}dynamic_batching {{\n}}\n"
