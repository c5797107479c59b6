"""Files of a run are there whole or not at all, and only its owner's."""

import multiprocessing
import os
import signal
from datetime import date

import pytest
from botocore.exceptions import EndpointConnectionError, NoCredentialsError
from frozen import PATIENCE, SECONDS, await_stop, freeze
from nights import CONTRACT, NOW, forecast_rows, model_ref, publish_night, run_key
from present import present

from lstm.errors import StoreError, StoreUnavailableError
from lstm.references import Receipt
from lstm.storage.files.faults import store_errors
from lstm.storage.ledger.ledger import Ledger
from lstm.storage.registry.lease import lease, this_process
from lstm.storage.registry.registry import Registry
from lstm.storage.runs.run_folder import RunStore

ACTS = ("file", "register", "publish", "receipt", "end")


@pytest.mark.slow
def test_a_process_that_stood_still_while_it_wrote_leaves_the_run_to_whoever_took_it_over(
    store, database_url, tmp_path
):
    """Fault: the frozen twin rewrote the model of a published run, and set what had been published to failed.

    Twins, each of a run, are stopped by SIGSTOP where they are about to write, for a file between its question and the
    rename; the other one does the whole run meanwhile.
    """
    cutoffs = {act: date(2024, 4, 26 + place) for place, act in enumerate(ACTS)}
    twins = {act: _twin(database_url, tmp_path, act, cutoff) for act, cutoff in cutoffs.items()}
    registry, runs = Registry(store), []
    for act, cutoff in cutoffs.items():
        key, pid = run_key(cutoff), present(twins[act].pid)
        await_stop(pid)
        with lease(store, key, owner=this_process(), seconds=SECONDS, patience=PATIENCE) as held:
            files = RunStore(str(tmp_path), key.run_id, held)
            files.sweep()
            files.write_bytes("model/weights.safetensors", b"new")
            mine = Registry(store, held)
            mine.register_model("small", key.run_id, model_ref("new"), CONTRACT, {}, NOW)
            publish_night(store, forecast_rows(cutoff, level=200.0), sinks=("file",), fence=held)
            mine.record_delivery(key.run_id, Receipt(sink="file", rows=4, delivered=True, message=""), NOW)
            mine.finish_run(key.run_id, "published", 0, "new", NOW)
        os.kill(pid, signal.SIGCONT)
        twins[act].join(60)
        assert twins[act].exitcode == 0, act
        told = (tmp_path / act / "told.txt").read_text()
        assert "was taken over by another process, which has ended since (published)" in told
        assert files.read_bytes("model/weights.safetensors") == b"new"
        runs.append(key.run_id)
        assert sorted(model.run_id for model in registry.models("small")) == runs
        assert set(Ledger(store).run_rows(key.run_id)["forecast"].to_pylist()) == {201.0, 202.0}
        assert [receipt.rows for receipt in registry.receipts(key.run_id)] == [4]
        run = present(registry.run(key.run_id))
        assert (run.status, run.sentence) == ("published", "new")


def _twin(url, folder, act, cutoff):
    """A process that freezes in one act, begun."""
    (folder / act).mkdir()
    arguments = (url, str(folder), act, str(folder / act), cutoff)
    twin = multiprocessing.get_context("spawn").Process(target=freeze, args=arguments)
    twin.start()
    return twin


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
