"""A stand-in for CUDA graphs on the CPU, which is as strict as they are."""

from contextlib import contextmanager, nullcontext
from typing import Any

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from lstm.model.training.cuda_graph import Recorded

aten = torch.ops.aten
# What has to know a value, or takes one from Python's memory, while a device works.
WAITS = {
    aten._local_scalar_dense.default, aten.nonzero.default, aten.masked_select.default, aten.is_nonzero.default,
    aten.equal.default, aten.lift_fresh.default, aten._unique2.default,
}  # fmt: skip


class Waits(TorchDispatchMode):
    """Counts what waits for the device."""

    count = 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        self.count += func in WAITS
        return func(*args, **(kwargs or {}))


class Tape(TorchDispatchMode):
    """Recording leaves every tensor as it was; a replay repeats the operations with the arguments that they had."""

    def __init__(self) -> None:
        super().__init__()
        self._calls: list[Any] = []
        self._before: dict[int, Any] = {}
        self._new: set[int] = set()

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        assert func not in WAITS, f"{func} in a graph"
        kwargs = kwargs or {}
        read = [leaf.untyped_storage() for leaf in tree_leaves((args, kwargs)) if isinstance(leaf, torch.Tensor)]
        for storage in read:
            if storage._cdata not in self._new:
                self._before.setdefault(storage._cdata, (storage, storage.clone()))
        answer = func(*args, **kwargs)
        known = {storage._cdata for storage in read}
        written = [leaf for leaf in tree_leaves(answer) if isinstance(leaf, torch.Tensor)]
        fresh = [leaf.untyped_storage()._cdata not in known for leaf in written]
        self._new |= {leaf.untyped_storage()._cdata for leaf, new in zip(written, fresh, strict=True) if new}
        self._calls.append((func, args, kwargs, written, fresh, torch.is_grad_enabled()))
        return answer

    @contextmanager
    def recording(self):
        random = torch.get_rng_state()
        with self:
            yield
        torch.set_rng_state(random)
        for storage, before in self._before.values():
            storage.copy_(before)

    def replay(self) -> None:
        for func, args, kwargs, written, fresh, learns in self._calls:
            # The LSTM keeps what its derivative needs where gradients are on.
            with torch.set_grad_enabled(learns), torch._C._AutoDispatchBelowAutograd():
                answers = [leaf for leaf in tree_leaves(func(*args, **kwargs)) if isinstance(leaf, torch.Tensor)]
                for tensor, answer, new in zip(written, answers, fresh, strict=True):
                    if new:
                        tensor.copy_(answer)


class NoStream:
    """A stream of a device that there is not."""

    def __init__(self, device=None) -> None:
        pass

    def wait_stream(self, other) -> None:
        pass


def tape_graphs(monkeypatch: pytest.MonkeyPatch) -> list[Tape]:
    """Trainings on the CPU are repeated as on CUDA, by tapes; answers those that were recorded, as they come."""
    tapes: list[Tape] = []

    def new_tape() -> Tape:
        tapes.append(Tape())
        return tapes[-1]

    monkeypatch.setattr(torch.cuda, "Stream", NoStream)
    monkeypatch.setattr(torch.cuda, "current_stream", NoStream)
    monkeypatch.setattr(torch.cuda, "stream", lambda stream: nullcontext())
    monkeypatch.setattr(torch.cuda, "CUDAGraph", new_tape)
    monkeypatch.setattr(torch.cuda, "graph", lambda tape, stream: tape.recording())
    monkeypatch.setattr("lstm.model.training.loop.is_recorded", lambda device, ranks: True)
    monkeypatch.setattr("lstm.model.training.step.Recorded", lambda work, device: Recorded(work, torch.device("cuda")))
    return tapes
