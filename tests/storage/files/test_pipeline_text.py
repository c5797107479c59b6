"""Keys of a pipeline file set anew: comments stay, nothing is half written, and who was faster wins."""

import stat
import sys
import tomllib

import pytest
from tunings import small_file

from lstm.config import load_pipeline
from lstm.errors import ConfigError
from lstm.storage.files import pipeline_text
from lstm.storage.files.pipeline_text import Changes, lines_of, with_changes, write_changes

CHANGES: Changes = {
    "model": {"hidden": 32, "loss": "huber", "attention": True, "look_back": None},
    "training": {"learning_rate": 7.7e-05},
    "tuning": {"through": "2024-03-18"},
}


def test_every_line_that_is_not_meant_stays(tmp_path):
    """Law: comments, order and spaces; a key that is to go is gone, a table that is not there comes last."""
    text = small_file(tmp_path).read_text().replace("hidden = 8", "look_back = 14\nhidden = 8")
    changed = with_changes(text, CHANGES)
    assert "# The shop's file; comments stay." in changed
    assert "hidden = 32  # few" in changed
    assert set(text.splitlines()) - set(changed.splitlines()) == {"look_back = 14", "hidden = 8  # few"}
    settings = tomllib.loads(changed)
    assert settings["model"] == {"hidden": 32, "loss": "huber", "attention": True}
    assert settings["training"]["learning_rate"] == 7.7e-05
    assert settings["tuning"]["through"] == "2024-03-18"


def test_the_lines_to_paste_are_toml_of_the_same_values():
    """Law: pasted they say what would have been written; what is to go is a comment."""
    lines = lines_of(CHANGES)
    assert "# take out: look_back" in lines
    assert tomllib.loads("\n".join(lines)) == {
        "model": {"hidden": 32, "loss": "huber", "attention": True},
        "training": {"learning_rate": 7.7e-05},
        "tuning": {"through": "2024-03-18"},
    }


def test_a_file_is_replaced_as_a_whole_and_keeps_its_rights(tmp_path):
    """Law: it can be loaded afterwards, and nothing lies beside it."""
    file = small_file(tmp_path)
    file.chmod(0o640)
    write_changes(file, file.read_bytes(), CHANGES)
    assert load_pipeline(file).model.hidden == 32
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    assert sorted(path.name for path in tmp_path.iterdir()) == ["observations.csv", "pipeline.toml"]


def test_a_file_that_changed_since_it_was_read_is_left_alone(tmp_path, monkeypatch):
    """Law: neither a change before the writing begins is lost, nor one until the last moment."""
    file = small_file(tmp_path)
    seen = file.read_bytes()
    file.write_bytes(seen + b"\n# a person was here\n")
    with pytest.raises(ConfigError, match="has changed since it was read"):
        write_changes(file, seen, CHANGES)
    assert file.read_bytes().endswith(b"# a person was here\n")

    seen = file.read_bytes()

    def meanwhile(text, changes):
        file.write_bytes(seen + b"# and again\n")
        return text

    monkeypatch.setattr(pipeline_text, "with_changes", meanwhile)
    with pytest.raises(ConfigError, match="has changed since it was read"):
        write_changes(file, seen, CHANGES)
    assert file.read_bytes().endswith(b"# and again\n")


def test_without_tomlkit_it_says_what_to_install(tmp_path, monkeypatch):
    """Law: the extra by its name, and the file stays."""
    file = small_file(tmp_path)
    monkeypatch.setitem(sys.modules, "tomlkit", None)
    with pytest.raises(ConfigError, match=r'pip install "nightcast\[tuning\]"'):
        write_changes(file, file.read_bytes(), CHANGES)


def test_settings_that_do_not_go_together_are_not_written(tmp_path):
    """Law: no file is left that the next night would refuse."""
    file = small_file(tmp_path)
    seen = file.read_bytes()
    with pytest.raises(ConfigError, match=r"nothing was written:\n.*model\.hidden"):
        write_changes(file, seen, {"model": {"hidden": 0}})
    assert file.read_bytes() == seen
