"""A pipeline with a store and no flow, and its commands on models."""

import pytest
from typer.testing import CliRunner

from flows.cli.app import app
from lstm.storage.registry.registry import Registry
from lstm.storage.store.database import open_store

PIPELINE = """
name = "small"
horizon = 2
frequency = "D"
time_zone = "America/New_York"

[source]
path = "t.csv"
series = ["id"]
time = "day"
targets = ["y"]
"""


@pytest.fixture
def pipeline(tmp_path):
    (tmp_path / "p.toml").write_text(PIPELINE, encoding="utf-8")
    return tmp_path / "p.toml"


@pytest.fixture
def registry(pipeline):
    (pipeline.parent / "store").mkdir()
    engine = open_store(f"sqlite:///{pipeline.parent / 'store' / 'nightcast.db'}")
    yield Registry(engine)
    engine.dispose()


@pytest.fixture
def models():
    """Types `nightcast models …`, and answers what it prints, in one line; an error is raised."""
    return printed


def printed(*words: object) -> str:
    shown = CliRunner().invoke(app, ["models", *map(str, words)])
    if shown.exception is not None and not isinstance(shown.exception, SystemExit):
        raise shown.exception
    return " ".join(shown.output.split())
