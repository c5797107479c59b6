"""The run folder: manifests are the only memory, and a step is done when its manifest stands and its files match."""

import errno
import os

import pyarrow as pa
import pytest

from lstm.errors import ConfigError, StoreError, StoreUnavailableError
from lstm.references import Receipt
from lstm.storage.runs.run_folder import RunStore, StoredCheckpoints, fingerprint

ROWS = pa.table({"x": [1, 2]})


@pytest.fixture(params=["local", "memory"])
def store(request, tmp_path):
    """A local folder and fsspec's memory file system, which has no rename, as an object store has none."""
    root = str(tmp_path) if request.param == "local" else f"memory://{tmp_path.name}"
    return RunStore(root, "pipeline.retrain.20131230T050000Z")


class Step:
    """A step that counts how often it is done."""

    def __init__(self, store: RunStore) -> None:
        self.store = store
        self.done = 0

    def __call__(self, version: int = 1, again: bool = False, **inputs: object) -> Receipt:
        return self.store.once("step", version, inputs or {"a": 1}, Receipt, self._make, again=again)

    def _make(self) -> tuple[Receipt, dict[str, str]]:
        self.done += 1
        return Receipt(sink="s", rows=2, delivered=True), {"rows.parquet": self.store.write_table("rows.parquet", ROWS)}


def test_a_finished_step_is_not_repeated(store):
    """Law: the second call answers the same reference without doing the step."""
    step = Step(store)
    assert step() == step()
    assert step.done == 1
    assert store.read_table("rows.parquet") == ROWS


def test_tables_are_written_one_after_the_other_whole_or_not_at_all(store):
    """A failure on the way leaves the file that was there, and nothing beside it."""
    assert store.write_tables("rows.parquet", [ROWS, ROWS]) == store.digest("rows.parquet")
    assert store.read_table("rows.parquet")["x"].to_pylist() == [1, 2, 1, 2]

    def broken():
        yield ROWS
        raise OSError("the disk is full")

    with pytest.raises(StoreUnavailableError, match="the disk is full"):
        store.write_tables("rows.parquet", broken())
    assert store.read_table("rows.parquet")["x"].to_pylist() == [1, 2, 1, 2]


@pytest.mark.parametrize("change", [{"version": 2}, {"b": 1}, {"again": True}])
def test_a_step_is_repeated_when_what_it_depends_on_has_changed(store, change):
    """Another version of the step, other inputs, or the caller's word."""
    step = Step(store)
    step()
    step(**change)
    assert step.done == 2


@pytest.mark.parametrize("name", ["rows.parquet", "manifests/step.json"])
def test_a_step_is_repeated_when_a_file_of_it_was_changed(store, name):
    """A damaged file or manifest is found by its hash or by its form."""
    step = Step(store)
    step()
    store.write_bytes(name, b"damaged")
    step()
    assert step.done == 2
    assert store.read_table("rows.parquet") == ROWS


def test_a_step_is_repeated_when_a_file_of_it_is_gone(store):
    """Somebody cleaned up."""
    step = Step(store)
    step()
    store.remove("rows.parquet")
    step()
    assert step.done == 2


def test_a_step_that_dies_leaves_no_manifest(store):
    """Law: the manifest is removed before the step is repeated, so a half-written successor is never taken for done."""
    step = Step(store)
    step()
    with pytest.raises(ZeroDivisionError):
        store.once("step", 1, {"a": 2}, Receipt, lambda: 1 / 0)
    assert store.manifest("step") is None


def test_what_is_not_there_is_said(store):
    """Bytes are None; a table that a step needs is an error that says what to do."""
    assert store.read_bytes("nothing") is None
    with pytest.raises(StoreError, match=r"nothing.parquet is missing; run the pipeline again"):
        store.read_table("nothing.parquet")


def test_checkpoints_are_replaced_under_their_name(store):
    """Law: what was written last is read; other names are None."""
    checkpoints = StoredCheckpoints(store, "checkpoints/abc")
    checkpoints.write("member-0", b"one")
    checkpoints.write("member-0", b"two")
    assert checkpoints.read("member-0") == b"two"
    assert checkpoints.read("member-1") is None


def test_a_fingerprint_does_not_depend_on_the_order_of_keys():
    """Law: equal content, equal fingerprint."""
    assert fingerprint({"a": 1, "b": [2.5, None]}) == fingerprint({"b": [2.5, None], "a": 1})
    assert fingerprint({"a": 1}) != fingerprint({"a": 2})


def test_a_local_write_leaves_nothing_beside_it(tmp_path):
    """The temporary file beside its place is gone after the write."""
    store = RunStore(str(tmp_path), "run")
    store.write_bytes("a/b.txt", b"x")
    assert [path.name for path in (tmp_path / "run" / "a").iterdir()] == ["b.txt"]


def test_a_damaged_table_is_told_from_a_missing_one(store):
    """Both in words that say what to do."""
    store.write_bytes("rows.parquet", b"PAR1 and then nothing of the kind PAR1")
    with pytest.raises(StoreError, match=r"rows.parquet is damaged \(.*\); run the pipeline again, it is made anew"):
        store.read_table("rows.parquet")


def test_a_table_whose_footer_is_garbled_is_damaged_and_not_away(tmp_path):
    """Arrow tells it as an error of the machine, without a number; nobody should wait for it to pass."""
    store = RunStore(str(tmp_path), "run")
    store.write_table("rows.parquet", ROWS)
    whole = (tmp_path / "run" / "rows.parquet").read_bytes()
    store.write_bytes("rows.parquet", whole[:-60] + bytes(byte ^ 0x55 for byte in whole[-60:-8]) + whole[-8:])
    with pytest.raises(StoreError, match="is damaged") as damaged:
        store.read_table("rows.parquet")
    assert not damaged.value.transient


FAULTS = {
    errno.EACCES: (StoreError, "mend the folder and its permissions, or name another in store.folder"),
    errno.EROFS: (StoreError, "mend the folder"),
    errno.ENOSPC: (StoreError, "No space left on device; free space there"),
    errno.EBUSY: (StoreUnavailableError, "busy"),
    errno.ESTALE: (StoreUnavailableError, "Stale file handle"),
}


@pytest.mark.parametrize("number", FAULTS, ids=errno.errorcode.get)
def test_a_fault_of_the_disk_says_where_and_what_to_do_and_whether_it_passes(tmp_path, monkeypatch, number):
    """Law: a raw error of the machine never leaves the run folder; what may pass is tried again, the rest never."""
    store = RunStore(str(tmp_path), "run")

    def broken(*_):
        raise OSError(number, os.strerror(number))

    kind, words = FAULTS[number]
    monkeypatch.setattr(os, "replace", broken)  # the last act of every write
    for write in (lambda: store.write_bytes("a.json", b"{}"), lambda: store.write_table("a.parquet", ROWS)):
        with pytest.raises(kind, match=words) as refusal:
            write()
        assert str(refusal.value).startswith(f"{tmp_path}/run/a.")
        assert refusal.value.transient == (kind is StoreUnavailableError)


def test_a_folder_where_a_file_should_be_cannot_be_read(tmp_path):
    """An unreadable run folder: the message names the place."""
    (tmp_path / "run" / "quality.json").mkdir(parents=True)
    with pytest.raises(StoreError, match=r"run/quality.json cannot be read: Is a directory; mend the folder"):
        RunStore(str(tmp_path), "run").read_bytes("quality.json")


@pytest.mark.parametrize("root", ["abfs://bucket/runs", "nonsense://bucket/runs"])
def test_a_kind_of_folder_that_is_not_known_here_is_refused_with_what_to_do(root):
    """A bucket whose package is not installed, or a kind that nobody knows: the user's mistake, exit code 2."""
    with pytest.raises(ConfigError, match=r"store.folder is in (abfs|nonsense)://, .* install the package"):
        RunStore(root, "run").read_bytes("quality.json")
