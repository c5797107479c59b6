"""Windows for training: drawn evenly, and gathered several batches at once."""

from collections.abc import Iterator
from dataclasses import dataclass, fields

import numpy as np
import torch
from torch import Tensor

from lstm.model.network.batch import Batch
from lstm.model.network.inputs import Inputs

# Gathering several batches at once shares its overhead between them. On a CPU they must stay within its cache:
# measured, a batch of 256 windows of 192 steps costs 0.24 ms alone, 0.21 ms with one more and 1.0 ms with seven more.
GROUP = 8
GROUP_BYTES = 1 << 20


@dataclass(frozen=True)
class Sampler:
    """Draws windows evenly over all of them. series, rows: int64 (N), on the device.

    Not a series first: then the few windows of a short series come so often that they are learnt by heart (M4 Hourly,
    inner split: OWA 0.486 against 0.459).
    """

    series: Tensor
    rows: Tensor

    @classmethod
    def of(cls, series: np.ndarray, rows: np.ndarray, device: torch.device) -> "Sampler":
        """A sampler of the windows with cutoff rows `rows` of the series `series`, of any integer type."""
        whole = (np.ascontiguousarray(array, dtype=np.int64) for array in (series, rows))
        return cls(*(torch.from_numpy(array).to(device) for array in whole))

    def draw(self, batches: int, size: int, generator: torch.Generator) -> Tensor:
        """int64 (batches, size): positions of windows, drawn on the CPU so that the device does not matter."""
        return torch.randint(len(self.rows), (batches, size), generator=generator).to(self.rows.device)


@dataclass(frozen=True)
class Examples:
    """What a network learns from: windows to draw, and windows to stop on; a refit is not validated.

    batch_size: windows drawn for a step.
    """

    inputs: Inputs
    sampler: Sampler
    validation: Batch | None
    batch_size: int


def gathered(inputs: Inputs, sampler: Sampler, positions: Tensor) -> Iterator[Batch]:
    """The batches of the windows at `positions` (batches, size), in order; all but the first are gathered in groups."""
    begin, at_once = 0, 1
    while begin < len(positions):
        group = positions[begin : begin + at_once]
        windows = group.flatten()
        batches = inputs.gather(sampler.series[windows], sampler.rows[windows])
        yield from split(batches, len(group))
        begin += at_once
        at_once = _batches_at_once(batches, len(group))


def _batches_at_once(group: Batch, batches: int) -> int:
    """How many batches are gathered at once, judged by the bytes of a group of `batches` that were."""
    if group.history.device.type == "cuda":
        return GROUP
    size: int = sum(getattr(group, field.name).nbytes for field in fields(group))
    return min(GROUP, max(1, GROUP_BYTES * batches // size))


def split(batch: Batch, parts: int) -> Iterator[Batch]:
    """A batch in `parts` parts of consecutive windows, as even as can be; they are views.

    A tensor may have several rows a window, next to each other.
    """
    tensors: list[Tensor] = [getattr(batch, field.name) for field in fields(batch)]
    windows = min(len(tensor) for tensor in tensors)
    sizes = [windows * (part + 1) // parts - windows * part // parts for part in range(parts)]
    columns = (torch.split(tensor, [size * (len(tensor) // windows) for size in sizes]) for tensor in tensors)
    for part in zip(*columns, strict=True):
        yield Batch(*part)
