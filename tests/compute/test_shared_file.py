"""An object in a file comes back with its arrays in the file's memory."""

import numpy as np
import pyarrow as pa
import pytest

import worked
from lstm.compute import local_workers
from lstm.compute.shared_file import ALIGNMENT, read_shared, write_shared


def test_an_object_comes_back_with_arrays_of_the_file(tmp_path):
    """Law: equal, aligned, not copied; also tables of Arrow, columns of an array, and empty arrays."""
    numbers = np.arange(12, dtype=np.float32).reshape(3, 4)
    shared = {
        "whole": numbers,
        "columns": numbers[:, ::2],
        "none": np.zeros((0, 3)),
        "table": pa.table({"a": [1, None]}),
    }
    write_shared(tmp_path / "shared", shared)
    read = read_shared(tmp_path / "shared")
    np.testing.assert_array_equal(read["whole"], numbers)
    np.testing.assert_array_equal(read["columns"], numbers[:, ::2])
    assert read["none"].shape == (0, 3)
    assert read["table"].equals(shared["table"])
    assert not read["whole"].flags.owndata
    assert read["whole"].ctypes.data % ALIGNMENT == 0


def test_nobody_else_may_read_or_change_the_file(monkeypatch):
    """Law: reading it runs what it says, so its folder is for this user alone."""
    modes = []
    monkeypatch.setattr(
        local_workers, "write_shared", lambda path, shared: modes.append(path.parent.stat().st_mode & 0o777)
    )
    with local_workers.Processes(2) as processes, pytest.raises(FileNotFoundError):
        processes.map(worked.total, None, [1, 2])
    assert modes == [0o700]


def test_what_is_written_into_an_array_changes_no_file(tmp_path):
    write_shared(tmp_path / "shared", np.ones(3))
    read_shared(tmp_path / "shared")[:] = 2.0
    assert read_shared(tmp_path / "shared").tolist() == [1.0, 1.0, 1.0]
