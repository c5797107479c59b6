"""One process at a time in a folder, and nothing is left there."""

import pytest

import lstm.storage.files.exclusive
from lstm.storage.files.exclusive import alone_in


def test_a_folder_is_held_by_one_and_given_back(tmp_path, monkeypatch):
    """Who comes second is refused when its patience is over, and may follow at once afterwards; a folder is made."""
    monkeypatch.setattr(lstm.storage.files.exclusive, "WAIT_SECONDS", 0.0)
    folder = tmp_path / "deep" / "er"
    with alone_in(folder), pytest.raises(TimeoutError, match="another process has been writing into"), alone_in(folder):
        pass
    with alone_in(folder):
        pass
    assert list(folder.iterdir()) == []
