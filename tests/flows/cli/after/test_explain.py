"""`nightcast explain`: what is asked for, and how it is told."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from flows.cli.after.explain import steps_of
from flows.cli.app import app
from lstm.errors import ConfigError


def test_steps_are_numbers_and_ranges() -> None:
    """`1,3-5`; nothing for all."""
    assert steps_of("1, 3-5") == [1, 3, 4, 5]
    assert steps_of(None) == []


@pytest.mark.parametrize("text", ["x", "1-", "-3", "", "1.5", "3-1"])
def test_other_steps_are_refused(text: str) -> None:
    """Law: with an example of what would do."""
    with pytest.raises(ConfigError, match="such as 1,7 or 1-7"):
        steps_of(text)


def test_a_pipeline_that_has_published_nothing_says_so(pipeline: Path) -> None:
    """With the command that would."""
    (pipeline.parent / "store").mkdir()
    for words, when in (((), "yet"), (("--as-of", "2024-04-30"), "as of 2024-04-30")):
        shown = CliRunner().invoke(app, ["explain", str(pipeline), *words])
        assert isinstance(shown.exception, ConfigError)
        assert f"small has published nothing {when}; nightcast run" in str(shown.exception)


@pytest.mark.parametrize("picture", ["x.txt", "nowhere/x.png"])
def test_a_picture_that_cannot_be_written_is_refused_before_anything_is_explained(pipeline: Path, picture: str) -> None:
    """Law: not after minutes, when all else is printed."""
    shown = CliRunner().invoke(app, ["explain", str(pipeline), "--picture", picture])
    assert isinstance(shown.exception, ConfigError)
    assert "ends in .png, in a folder that is there" in str(shown.exception)
