"""The optimiser: torch's, without its compiler."""

import subprocess
import sys

import torch

from lstm.model.training.adamw import AdamW

TRAINS = """
import sys, torch
from lstm.model.training.adamw import AdamW
weight = torch.nn.Parameter(torch.ones(3))
optimiser = AdamW([weight], fused=True)
weight.sum().backward()
optimiser.step()
optimiser.zero_grad(set_to_none=True)
optimiser.load_state_dict(optimiser.state_dict())
print("torch._dynamo" in sys.modules)
"""


def test_its_steps_are_those_of_torch_to_the_bit():
    """Law: torch.optim.AdamW is the reference: weights, moments and groups after steps of two groups, and a restart."""
    states = []
    for kind in (AdamW, torch.optim.AdamW):
        generator = torch.Generator().manual_seed(1)
        weights = [torch.nn.Parameter(torch.rand(4, generator=generator)) for _ in range(2)]
        groups = [{"params": [weights[0]], "lr": 0.1}, {"params": [weights[1]], "weight_decay": 0.0}]
        optimiser = kind(groups, lr=0.01, fused=True)
        for step in range(6):
            if step == 3:
                state = optimiser.state_dict()
                optimiser = kind(groups, lr=0.01, fused=True)
                optimiser.load_state_dict(state)
            optimiser.zero_grad(set_to_none=True)
            pull = torch.rand(2, 4, generator=generator)
            (weights[0] * pull[0] + weights[1] * pull[1]).sum().backward()
            optimiser.step()
        states.append((torch.cat([*weights]), optimiser.state_dict()))
    (ours, our_state), (theirs, their_state) = states
    assert torch.equal(ours, theirs)
    assert our_state["param_groups"] == their_state["param_groups"]
    for index, slots in their_state["state"].items():
        assert all(torch.equal(our_state["state"][index][name], slot) for name, slot in slots.items())


def test_it_does_not_import_the_compiler_of_torch():
    """In a process of its own, since another test may have asked for the compiler here."""
    ended = subprocess.run([sys.executable, "-c", TRAINS], capture_output=True, text=True, check=True)
    assert ended.stdout.strip() == "False"
