"""Work on a device that is told once and then repeated, as a CUDA graph.

A step of a small network is some hundred and sixty launches of kernels that have little to do, and a launch costs more
than they do; a graph is one launch for all of them.
"""

from collections.abc import Callable

import torch

from lstm.model.training.ranks import Ranks

# A graph may not be recorded before libraries have set up, and the optimiser has made, what they keep.
CALLS_BEFORE = 3


def is_recorded(device: torch.device, ranks: Ranks) -> bool:
    """Whether steps are repeated as a graph: on CUDA, but for several ranks, whose sums are no part of a graph."""
    return device.type == "cuda" and ranks.size == 1


class Recorded:
    """Work without arguments, which reads and writes the same tensors at each call and never asks for their values.

    On CUDA it is recorded at the fourth call, and then repeated; elsewhere it is called.
    """

    def __init__(self, work: Callable[[], None], device: torch.device) -> None:
        self._work, self._device, self._calls = work, device, 0
        self._stream = torch.cuda.Stream(device) if device.type == "cuda" else None
        self._graph: torch.cuda.CUDAGraph | None = None

    def __call__(self) -> None:
        """Does the work once."""
        if self._stream is None:
            self._work()
        elif self._calls < CALLS_BEFORE:
            self._calls += 1
            self._beside(self._stream)
        else:
            if self._graph is None:
                self._graph = torch.cuda.CUDAGraph()
                with torch.cuda.graph(self._graph, stream=self._stream):  # which does nothing yet
                    self._work()
            self._graph.replay()

    def _beside(self, stream: torch.cuda.Stream) -> None:
        """On the stream that a graph is recorded on, between what was asked of the device before and after."""
        current = torch.cuda.current_stream(self._device)
        stream.wait_stream(current)
        with torch.cuda.stream(stream):
            self._work()
        current.wait_stream(stream)
