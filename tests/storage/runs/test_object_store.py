"""Folders of runs in an object store, against a real S3 server."""

import multiprocessing
import os
import signal

import boto3
import pyarrow as pa
import pytest
from frozen import PATIENCE, SECONDS, await_stop, freeze
from nights import run_key
from object_store import BUCKET, access, s3_server
from present import present
from s3fs import S3FileSystem

from lstm.errors import StoreError, StoreUnavailableError
from lstm.references import PanelRef
from lstm.storage.registry.lease import lease, this_process
from lstm.storage.runs.run_folder import RunStore
from lstm.storage.store.database import open_store

pytestmark = pytest.mark.slow


@pytest.fixture
def other(monkeypatch):
    """Another client of the server that this process has in its environment."""
    with s3_server() as environment:
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        S3FileSystem.clear_instance_cache()  # else that of the test before, whose server is gone
        yield boto3.client("s3", **access(environment["AWS_ENDPOINT_URL"]))


def test_what_another_process_writes_or_removes_is_seen_at_once(other):
    """Fault: s3fs remembers listings, and with them that a file is there, or is not, and how long it is."""
    store = RunStore(f"s3://{BUCKET}/runs", "small.retrain.1")
    key = "runs/small.retrain.1/manifests/train.json"
    assert store.read_bytes("manifests/train.json") is None
    assert not store.remove("manifests/train.json")
    other.put_object(Bucket=BUCKET, Key=key, Body=b"{}")
    assert store.read_bytes("manifests/train.json") == b"{}"
    short = store.digest("manifests/train.json")
    other.put_object(Bucket=BUCKET, Key=key, Body=b'{"longer": true}')
    assert store.read_bytes("manifests/train.json") == b'{"longer": true}'
    assert store.digest("manifests/train.json") != short
    other.delete_object(Bucket=BUCKET, Key=key)
    assert store.digest("manifests/train.json") is None
    other.put_object(Bucket=BUCKET, Key=key, Body=b"{}")
    store.forget("train")
    assert "Contents" not in other.list_objects_v2(Bucket=BUCKET)


def test_files_and_tables_are_whole_and_a_run_is_removed_whole(other):
    """Law: what is read is what was written; of a removed run nothing is left."""
    store = RunStore(f"s3://{BUCKET}/runs", "small.retrain.1")
    table = pa.table({"a": [1, 2, 3]})
    assert store.write_table("panel.parquet", table) == store.digest("panel.parquet")
    assert store.read_table("panel.parquet") == table
    store.write_bytes("model/weights.safetensors", b"w")
    assert store.finished("ingest", 1, {}, PanelRef) is None
    assert store.remove("")
    assert "Contents" not in other.list_objects_v2(Bucket=BUCKET)


@pytest.mark.parametrize("act", ["file", "table"])
def test_what_a_process_stood_still_with_does_not_arrive_after_the_run_was_taken_over(other, tmp_path, act):
    """Fault: the upload with which a process stood still came to its place later, over the file of a published run.

    It is stopped by SIGSTOP after it has asked whether the run is its own, which is the worst moment there is.
    """
    url, root, key = f"sqlite:///{tmp_path}/store.db", f"s3://{BUCKET}/runs", run_key()
    engine = open_store(url)
    twin = multiprocessing.get_context("spawn").Process(target=freeze, args=(url, root, act, str(tmp_path)))
    twin.start()
    await_stop(present(twin.pid))
    name = {"file": "model/weights.safetensors", "table": "panel.parquet"}[act]
    with lease(engine, key, owner=this_process(), seconds=SECONDS, patience=PATIENCE) as held:
        store = RunStore(root, key.run_id, held)
        store.sweep()
        store.write_bytes(name, b"new")
    os.kill(present(twin.pid), signal.SIGCONT)
    twin.join(60)
    assert "was taken over by another process" in (tmp_path / "told.txt").read_text()
    assert store.read_bytes(name) == b"new"
    assert [entry["Key"] for entry in other.list_objects_v2(Bucket=BUCKET)["Contents"]] == [f"runs/{key.run_id}/{name}"]


def test_a_store_that_is_away_is_told_as_such_and_a_bucket_that_is_missing_is_named(other, monkeypatch):
    """Nothing listens there: reading, writing, removing and hashing may all be tried again."""
    with pytest.raises(StoreError, match="s3://nobody/runs/r/x cannot be written"):
        RunStore("s3://nobody/runs", "r").write_bytes("x", b"")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    store = RunStore(f"s3://{BUCKET}/runs", "away")
    S3FileSystem.clear_instance_cache()
    for act in (
        lambda: store.read_bytes("x"),
        lambda: store.write_bytes("x", b""),
        lambda: store.remove("x"),
        lambda: store.digest("x"),
        lambda: store.write_table("x.parquet", pa.table({"a": [1]})),
        lambda: store.read_table("x.parquet"),
    ):
        with pytest.raises(StoreUnavailableError, match=r"cannot be (read|written)"):
            act()
