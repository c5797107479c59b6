"""Messages of workers."""

from multiprocessing.connection import Pipe

import pytest
import torch

from lstm.compute.messages import receive, send


def test_a_message_has_its_parts_and_tensors_of_its_own():
    """Law: a tensor is copied, not moved into shared memory, which would outlive whoever sent it."""
    here, other = Pipe()
    weights = torch.ones(3)
    send(here, "result", weights)
    kind, received = receive(other)
    assert (kind, received.tolist()) == ("result", [1.0, 1.0, 1.0])
    assert not weights.is_shared()
    assert not received.is_shared()


def test_whether_the_other_side_has_ended_is_told_by_receiving():
    here, other = Pipe()
    other.close()
    send(here, "call")
    with pytest.raises((EOFError, OSError)):
        receive(here)
