"""A run of a frame leaves nothing behind."""

import tempfile
from pathlib import Path

from lstm.steps import job


def test_nothing_is_left(model, table, tmp_path, monkeypatch):
    """No folder, and no connection to a store that is gone."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    before = dict(job._ENGINES)
    model.predict(table)
    assert list(Path(tmp_path).iterdir()) == []
    assert before == job._ENGINES
