"""A training state as bytes: safetensors with its JSON and its checksum in the header. Loading never runs code."""

import hashlib
import json
from dataclasses import asdict, dataclass, field
from typing import Any, Protocol

import torch
from safetensors import SafetensorError
from safetensors.torch import load as load_tensors
from safetensors.torch import save as save_tensors
from torch import Tensor

from lstm.errors import ModelError
from lstm.model.training.early_stopping import EarlyStopping

FORMAT = 3


class Checkpoints(Protocol):
    """Where training states are kept by name; storage hands one in."""

    def read(self, name: str) -> bytes | None:
        """The bytes last written under the name, None where there are none."""
        ...

    def write(self, name: str, content: bytes) -> None:
        """Replaces the bytes under the name, whole or not at all."""
        ...


class NoCheckpoints:
    """Nothing is kept, so that a training that is interrupted begins anew."""

    def read(self, name: str) -> bytes | None:
        """None."""

    def write(self, name: str, content: bytes) -> None:
        """Forgets the bytes."""


@dataclass
class EpochRow:
    """One row of the history. seconds: time since training began, over all processes that took part.

    batch_size: windows a batch in this epoch; less than asked for once memory did not suffice.
    """

    epoch: int
    steps: int
    train_loss: float
    validation_loss: float
    learning_rate: float
    seconds: float
    batch_size: int


@dataclass
class TrainingState:
    """Everything that training needs to go on to the same result.

    sampling, dropout, dropout_cuda: states of the random generators, bytes; the last is None off CUDA. batch_size: of
    the next epoch. seconds: of training so far, over all processes.
    """

    weights: dict[str, Tensor]
    best: dict[str, Tensor]
    optimiser: dict[str, Any]
    plateau: dict[str, Any]
    stopping: EarlyStopping
    sampling: Tensor
    dropout: Tensor
    dropout_cuda: Tensor | None
    batch_size: int
    seconds: float
    history: list[EpochRow] = field(default_factory=list)
    finished: str | None = None


def pack(state: TrainingState) -> bytes:
    """safetensors bytes of a state."""
    tensors = {f"weights.{name}": tensor for name, tensor in state.weights.items()}
    tensors |= {f"best.{name}": tensor for name, tensor in state.best.items()}
    tensors |= {"random.sampling": state.sampling, "random.dropout": state.dropout}
    if state.dropout_cuda is not None:
        tensors["random.dropout_cuda"] = state.dropout_cuda
    slots = state.optimiser["state"]
    for index, slot in slots.items():
        tensors |= {f"optimiser.{index}.{name}": value for name, value in slot.items()}
    meta = {
        "torch": torch.__version__,
        "groups": state.optimiser["param_groups"],
        "plateau": state.plateau,
        "stopping": asdict(state.stopping),
        "batch_size": state.batch_size,
        "seconds": state.seconds,
        "history": [asdict(row) for row in state.history],
        "finished": state.finished,
    }
    contiguous = {name: tensor.detach().cpu().contiguous().clone() for name, tensor in tensors.items()}
    text = json.dumps(meta)
    # One entry: safetensors writes several in an order of its own.
    header = {"format": FORMAT, "sha256": _checksum(text, contiguous), "state": text}
    return save_tensors(contiguous, metadata={"nightcast": json.dumps(header)})


def unpack(content: bytes) -> TrainingState:
    """Inverse of `pack`. Raises ModelError for bytes that are no checkpoint of this format, or of which one changed."""
    try:
        length = int.from_bytes(content[:8], "little")
        header = json.loads(json.loads(content[8 : 8 + length])["__metadata__"]["nightcast"])
        written_as = header["format"]
        tensors = load_tensors(content)
    except (ValueError, KeyError, TypeError, RecursionError, SafetensorError) as error:
        raise ModelError(
            f"not a Nightcast checkpoint, or a damaged one ({error}); delete it and train again"
        ) from error
    if written_as != FORMAT:
        raise ModelError(f"checkpoint of format {written_as}, this version reads {FORMAT}; delete it and train again")
    if header.get("sha256") != _checksum(str(header.get("state")), tensors):
        raise ModelError(
            "not a Nightcast checkpoint, or a damaged one (its checksum is another); delete it and train again"
        )
    meta = json.loads(header["state"])
    slots: dict[int, dict[str, Tensor]] = {}
    for name, tensor in tensors_under("optimiser.", tensors).items():
        index, _, slot = name.partition(".")
        slots.setdefault(int(index), {})[slot] = tensor
    return TrainingState(
        weights=tensors_under("weights.", tensors),
        best=tensors_under("best.", tensors),
        optimiser={"state": slots, "param_groups": meta["groups"]},
        plateau=meta["plateau"],
        stopping=EarlyStopping(**meta["stopping"]),
        sampling=tensors["random.sampling"],
        dropout=tensors["random.dropout"],
        dropout_cuda=tensors.get("random.dropout_cuda"),
        batch_size=meta["batch_size"],
        seconds=meta["seconds"],
        history=[EpochRow(**row) for row in meta["history"]],
        finished=meta["finished"],
    )


def torch_of(content: bytes) -> str | None:
    """torch's version that trained a checkpoint which `unpack` has read; None where it does not say."""
    length = int.from_bytes(content[:8], "little")
    header = json.loads(json.loads(content[8 : 8 + length])["__metadata__"]["nightcast"])
    version: str | None = json.loads(header["state"]).get("torch")
    return version


def _checksum(text: str, tensors: dict[str, Tensor]) -> str:
    """SHA-256 of the JSON and of every tensor with its name, type and shape: a flipped bit still loads."""
    digest = hashlib.sha256(text.encode())
    for name, tensor in sorted(tensors.items()):
        digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}".encode())
        digest.update(tensor.reshape(-1).view(torch.uint8).numpy().data)
    return digest.hexdigest()


def tensors_under(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """The tensors whose names begin with a prefix, without it."""
    return {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}
