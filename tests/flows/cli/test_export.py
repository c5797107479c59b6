"""The command that exports a model, on a store without a flow."""

import pytest
from nights import CONTRACT, NOW

from lstm.errors import ConfigError


def test_what_cannot_be_exported_is_said_before_anything_is_written(pipeline, registry, models, tmp_path):
    """Law: no champion, a baseline, and words that name no version."""
    with pytest.raises(ConfigError, match="small has no champion; give --version"):
        models("export", pipeline, "--to", tmp_path / "out")
    registry.register_baseline("small", "naive", CONTRACT, NOW)
    with pytest.raises(ConfigError, match="v1 of small is baseline:naive, a method without weights"):
        models("export", pipeline, "--to", tmp_path / "out", "--version", "v1")
    with pytest.raises(ConfigError, match="'newest' is no version; give a number such as 2"):
        models("export", pipeline, "--to", tmp_path / "out", "--version", "newest")
    assert not (tmp_path / "out").exists()
