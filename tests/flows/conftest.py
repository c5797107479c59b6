"""A real Prefect server for all flow tests, and a small pipeline that runs in a second."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from flows.cli.startup import prepare

prepare()

SMALL = """
name = "small"
horizon = 7
frequency = "D"

[source]
path = "observations.csv"
series = ["id"]
time = "day"
targets = ["y"]

[model]
look_back = 14
members = 1

[training]
max_epochs = 2
epoch_steps = 5
batch_size = 32
threads = 1

[evaluation]
origins = 3
"""


@pytest.fixture(scope="session")
def prefect_server() -> Iterator[str]:
    """URL of the one server for the session, with a new database: entering takes half a minute."""
    from prefect.logging.configuration import setup_logging
    from prefect.settings import get_current_settings
    from prefect.testing.utilities import prefect_test_harness

    setup_logging()  # else the first flow does it, and takes the handler of `caplog` off in the midst of a test
    with prefect_test_harness(server_startup_timeout=120):
        yield str(get_current_settings().api.url)


@pytest.fixture
def client(prefect_server: str) -> Iterator[Any]:
    """A client of that server."""
    from prefect.client.orchestration import get_client

    with get_client(sync_client=True) as client:
        yield client


@pytest.fixture
def small(tmp_path: Path, prefect_server: str) -> Path:
    """A pipeline file over six series of 120 days that end on 2024-04-29.

    They are noise around a level, so that whoever learns the level beats both baselines by sqrt(2).
    """
    from faults.ground import observations

    observations().to_csv(tmp_path / "observations.csv", index=False)
    pipeline = tmp_path / "pipeline.toml"
    pipeline.write_text(SMALL, encoding="utf-8")
    return pipeline
