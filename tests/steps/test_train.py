"""What training remembers of how it began."""

import pytest

from lstm.model.training.checkpoint import EpochRow
from lstm.steps.train import EpochLines, _begun_with
from lstm.storage.runs.run_folder import RunStore


def test_a_training_goes_on_with_the_threads_that_it_began_with(tmp_path):
    """They may change the last bits."""
    store = RunStore(str(tmp_path), "run")
    assert _begun_with(store, "begun.json") is None
    store.write_bytes("begun.json", b'{"threads": 3}')
    assert _begun_with(store, "begun.json") == 3


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"{}", b'{"threads": "many"}', b"\xff"])
def test_a_garbled_note_costs_no_night(tmp_path, caplog, content):
    """It is told, and training goes on with the threads of the pipeline file."""
    store = RunStore(str(tmp_path), "run")
    store.write_bytes("begun.json", content)
    assert _begun_with(store, "begun.json") is None
    assert "begun.json is garbled" in caplog.text


def test_hundreds_of_epochs_are_told_every_few_seconds_and_few_each():
    """300 epochs of half a second: the first ten, then one in each five seconds; another network begins anew."""
    lines = EpochLines()
    told = [epoch for epoch in range(1, 301) if lines.has("member-0", row(epoch, epoch / 2))]
    assert told == [*range(1, 11), *range(20, 301, 10)]
    assert lines.has("member-1", row(1, 150.1))
    assert EpochLines().has("member-0", row(120, 0.1))  # the first word of a training that goes on


def row(epoch: int, seconds: float) -> EpochRow:
    return EpochRow(epoch, epoch, 0.5, 0.5, 1e-3, seconds, 64)
