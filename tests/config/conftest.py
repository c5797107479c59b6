"""A pipeline file that says as little as it may, and what it is refused for."""

from collections.abc import Callable
from pathlib import Path

import pytest

from lstm.config import load_pipeline
from lstm.errors import ConfigError

SMALLEST = 'name = "p"\nhorizon = 3\n[source]\npath = "t.csv"\ntime = "day"\ntargets = ["y"]\n'

Refusal = Callable[..., str]


@pytest.fixture
def pipeline_file(tmp_path: Path) -> Path:
    """The file."""
    (tmp_path / "p.toml").write_text(SMALLEST, encoding="utf-8")
    return tmp_path / "p.toml"


@pytest.fixture
def refusal(pipeline_file: Path) -> Refusal:
    """Answers why the file cannot be used with more lines at its end, and a part of it replaced by another."""

    def refused(more: str = "", part: str = "", by: str = "") -> str:
        pipeline_file.write_text(SMALLEST.replace(part, by) + more if part else SMALLEST + more, encoding="utf-8")
        with pytest.raises(ConfigError) as caught:
            load_pipeline(pipeline_file)
        return str(caught.value)

    return refused
