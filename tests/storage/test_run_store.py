"""The run folder: manifests are the only memory, and a step is done when its manifest stands and its files match."""

import pyarrow as pa
import pytest

from lstm.errors import StoreError
from lstm.references import Receipt
from lstm.storage.run_store import RunStore, StoredCheckpoints, fingerprint

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
    assert store.write_tables("rows.parquet", [ROWS, ROWS]) == store._hash("rows.parquet")
    assert store.read_table("rows.parquet")["x"].to_pylist() == [1, 2, 1, 2]

    def broken():
        yield ROWS
        raise OSError("the disk is full")

    with pytest.raises(OSError, match="the disk is full"):
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
