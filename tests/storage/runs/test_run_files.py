"""Files of a run are there whole or not at all, and only its owner's."""

import multiprocessing
import os
import signal

import pytest
from botocore.exceptions import EndpointConnectionError, NoCredentialsError
from frozen import PATIENCE, SECONDS, freeze, stopped
from nights import CONTRACT, NOW, forecast_rows, model_ref, publish_night, run_key
from present import present

from lstm.errors import StoreError, StoreUnavailableError
from lstm.references import Receipt
from lstm.storage.files.faults import store_errors
from lstm.storage.ledger.ledger import Ledger
from lstm.storage.registry.lease import lease, this_process
from lstm.storage.registry.registry import Registry
from lstm.storage.runs.run_folder import RunStore


@pytest.mark.slow
@pytest.mark.parametrize("act", ["file", "register", "publish", "receipt", "end"])
def test_a_process_that_stood_still_while_it_wrote_leaves_the_run_to_whoever_took_it_over(
    store, database_url, tmp_path, act
):
    """Fault: the frozen twin rewrote the model of a published run, and set what had been published to failed.

    It is stopped by SIGSTOP where it is about to write, for a file between its question and the rename; the other one
    does the whole run meanwhile.
    """
    twin = multiprocessing.get_context("spawn").Process(
        target=freeze, args=(database_url, str(tmp_path), act, str(tmp_path))
    )
    twin.start()
    while not stopped(present(twin.pid)):
        assert twin.is_alive()
    key, registry = run_key(), Registry(store)
    with lease(store, key, owner=this_process(), seconds=SECONDS, patience=PATIENCE) as held:
        files = RunStore(str(tmp_path), key.run_id, held)
        files.sweep()
        files.write_bytes("model/weights.safetensors", b"new")
        mine = Registry(store, held)
        mine.register_model("small", key.run_id, model_ref("new"), CONTRACT, {}, NOW)
        publish_night(store, forecast_rows(level=200.0), sinks=("file",), fence=held)
        mine.record_delivery(key.run_id, Receipt(sink="file", rows=4, delivered=True, message=""), NOW)
        mine.finish_run(key.run_id, "published", 0, "new", NOW)
    os.kill(present(twin.pid), signal.SIGCONT)
    twin.join(60)
    assert twin.exitcode == 0
    told = (tmp_path / "told.txt").read_text()
    assert "was taken over by another process, which has ended since (published)" in told
    assert files.read_bytes("model/weights.safetensors") == b"new"
    assert [model.run_id for model in registry.models("small")] == [key.run_id]
    assert set(Ledger(store).current("small")["forecast"].to_pylist()) == {201.0, 202.0}
    assert [receipt.rows for receipt in registry.receipts(key.run_id)] == [4]
    assert (present(registry.run(key.run_id)).status, present(registry.run(key.run_id)).sentence) == (
        "published",
        "new",
    )


def test_an_object_store_that_is_away_may_be_back_later():
    """Fault: botocore's errors are none of the operating system's, so nothing was tried again."""
    with pytest.raises(StoreUnavailableError, match="s3://b/x cannot be read: EndpointConnectionError: Could not"):
        fail_with(EndpointConnectionError(endpoint_url="http://127.0.0.1:1"))
    with pytest.raises(StoreError, match="give the machine what it asks for") as caught:
        fail_with(NoCredentialsError())
    assert not caught.value.transient
    with pytest.raises(ZeroDivisionError):
        fail_with(ZeroDivisionError())


def fail_with(error):
    with store_errors("s3://b/x", action="read"):
        raise error
