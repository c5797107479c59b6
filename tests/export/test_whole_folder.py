"""A folder that is there whole or not at all."""

import pytest

from lstm.errors import ConfigError
from lstm.export.whole_folder import whole_folder


def test_it_comes_to_its_place_at_the_end(tmp_path):
    """Law: nothing is there before, everything after, and nothing beside it; folders above it are made."""
    place = tmp_path / "new" / "folder"
    with whole_folder(place) as part:
        (part / "file").write_text("content")
        assert not place.exists()
    assert (place / "file").read_text() == "content"
    assert list(place.parent.iterdir()) == [place]
    (tmp_path / "plain").mkdir()
    assert place.stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_an_empty_folder_may_be_there(tmp_path):
    """It is what `mkdir` leaves."""
    (tmp_path / "folder").mkdir()
    with whole_folder(tmp_path / "folder") as part:
        (part / "file").write_text("content")
    assert (tmp_path / "folder" / "file").exists()


def test_nothing_is_overwritten(tmp_path):
    """A folder with a file, and a file, are refused by name before anything is written."""
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").write_text("mine")
    (tmp_path / "file").write_text("mine")
    for name, message in (("full", "full holds something already"), ("file", "file is a file")):
        with pytest.raises(ConfigError, match=f"{message}, and nothing is overwritten"), whole_folder(tmp_path / name):
            raise AssertionError
    assert {path.name for path in tmp_path.iterdir()} == {"full", "file"}


def test_what_failed_leaves_nothing(tmp_path):
    """Neither at its place nor beside it."""
    with pytest.raises(FileNotFoundError), whole_folder(tmp_path / "folder") as part:
        (part / "no folder" / "file").write_text("content")
    assert list(tmp_path.iterdir()) == []


def test_what_came_in_meanwhile_stays(tmp_path):
    """Law: whoever put something into the empty folder while it was written keeps it."""
    (tmp_path / "folder").mkdir()
    with pytest.raises(OSError, match="not empty"), whole_folder(tmp_path / "folder"):
        (tmp_path / "folder" / "theirs").write_text("theirs")
    assert [path.name for path in tmp_path.rglob("*")] == ["folder", "theirs"]
