"""What training remembers of how it began."""

import pytest

from lstm.steps.train import _begun_with
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
