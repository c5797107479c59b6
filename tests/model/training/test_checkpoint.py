"""Checkpoints as bytes: they come back to the last bit, and nothing else is read."""

import json
import math
from dataclasses import replace

import pytest
import torch
from safetensors.torch import save

from lstm.errors import ModelError
from lstm.model.training.checkpoint import EpochRow, TrainingState, pack, torch_of, unpack
from lstm.model.training.early_stopping import EarlyStopping


def state_of(**changes) -> TrainingState:
    """A state after one epoch of a network of one parameter."""
    parameter = torch.nn.Parameter(torch.tensor([1.0, 2.0]))
    optimiser = torch.optim.AdamW([{"params": [parameter], "share": 0.1}], lr=1e-3)
    parameter.grad = torch.tensor([0.3, -0.1])
    optimiser.step()
    state = TrainingState(
        weights={"weight": parameter.detach().clone()},
        best={"weight": torch.tensor([1.0, 2.0])},
        optimiser=optimiser.state_dict(),
        plateau={"best": 0.5, "num_bad_epochs": 1},
        stopping=EarlyStopping(3).from_start(0.5).after(0.6),
        sampling=torch.Generator().manual_seed(1).get_state(),
        dropout=torch.get_rng_state(),
        dropout_cuda=None,
        batch_size=64,
        seconds=1.25,
        history=[EpochRow(1, 50, 0.7, 0.6, 1e-3, 1.25, 64)],
    )
    return replace(state, **changes)


def test_a_state_comes_back_as_it_was():
    """Law: unpacking gives back what was packed, and packing that again the same bytes."""
    state = state_of()
    content = pack(state)
    back = unpack(content)
    assert pack(back) == content
    assert torch.equal(back.weights["weight"], state.weights["weight"])
    assert torch.equal(back.best["weight"], state.best["weight"])
    assert torch.equal(back.optimiser["state"][0]["exp_avg"], state.optimiser["state"][0]["exp_avg"])
    assert back.optimiser["param_groups"][0]["share"] == 0.1
    assert (back.stopping, back.history, back.finished) == (state.stopping, state.history, None)
    assert (back.batch_size, back.seconds, back.plateau) == (64, 1.25, state.plateau)
    assert torch.equal(back.sampling, state.sampling)
    assert torch.equal(back.dropout, state.dropout)


def test_a_checkpoint_names_the_torch_that_trained_it():
    """So that a training that goes on with another one can say that its last bits may be others."""
    assert torch_of(pack(state_of())) == torch.__version__


def test_the_random_state_of_cuda_is_kept_where_there_is_one():
    """Law: absent off CUDA, else the same bytes (16 of them: seed and offset)."""
    assert unpack(pack(state_of())).dropout_cuda is None
    bytes_of = torch.arange(240, 256).to(torch.uint8)
    back = unpack(pack(state_of(dropout_cuda=bytes_of)))
    assert back.dropout_cuda is not None
    assert back.dropout_cuda.dtype == torch.uint8
    assert torch.equal(back.dropout_cuda, bytes_of)


def test_a_start_without_validation_is_kept_too():
    """A refit has no validation loss before its first epoch: the best is infinite, and the optimiser has no state."""
    parameter = torch.nn.Parameter(torch.zeros(1))
    optimiser = torch.optim.AdamW([parameter])
    back = unpack(pack(state_of(stopping=EarlyStopping(3), history=[], optimiser=optimiser.state_dict())))
    assert (back.stopping.best_loss, back.stopping.epoch, back.history) == (math.inf, 0, [])
    assert back.optimiser["state"] == {}
    optimiser.load_state_dict(back.optimiser)


@pytest.mark.parametrize(
    "content",
    [b"", b"\x80\x04.", b"not a checkpoint at all", b"\x02\x00\x00\x00\x00\x00\x00\x00{}", pack(state_of())[:-1]],
)
def test_other_bytes_are_refused(content):
    """A pickle, half a file or anything else is refused, never loaded."""
    with pytest.raises(ModelError, match="not a Nightcast checkpoint"):
        unpack(content)


@pytest.mark.parametrize("header", [b"[]", b"null", b"7", b'{"__metadata__": []}', b"[" * 100_000])
def test_a_header_that_is_other_json_is_refused(header):
    """Law: whatever a header holds, it is an error of ours, not a traceback."""
    with pytest.raises(ModelError, match="not a Nightcast checkpoint"):
        unpack(len(header).to_bytes(8, "little") + header)


def test_a_flipped_bit_anywhere_is_refused():
    """Law: in numbers, names or JSON. Without a checksum a training would go on from weights that it never had."""
    content = pack(state_of())
    for place in range(0, len(content), 7):
        damaged = bytearray(content)
        damaged[place] ^= 0b100
        with pytest.raises(ModelError):
            unpack(bytes(damaged))


def test_another_format_is_refused():
    """A checkpoint of the version before, whose rows had no batch size."""
    content = save({"random.sampling": torch.zeros(1)}, metadata={"nightcast": json.dumps({"format": 1})})
    with pytest.raises(ModelError, match="checkpoint of format 1, this version reads 3; delete it and train again"):
        unpack(content)
