"""A real Prefect server for all flow tests, and a small pipeline that runs in a second."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from flows.embedded import prepare

prepare(quiet_console=True)

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

[training]
max_epochs = 2
epoch_steps = 5
batch_size = 32

[evaluation]
origins = 3
"""


@pytest.fixture(scope="session")
def prefect_server() -> Iterator[None]:
    """One server and database for the session: entering takes half a minute."""
    from prefect.testing.utilities import prefect_test_harness

    with prefect_test_harness(server_startup_timeout=120):
        yield


@pytest.fixture
def small(tmp_path: Path, prefect_server: None) -> Path:
    """A pipeline file over two weekly series of 120 days that end on 2024-04-29; a model beats the baselines on them."""
    rng = np.random.default_rng(0)
    days = pd.date_range("2024-01-01", periods=120)
    week = 10.0 * np.sin(2 * np.pi * np.arange(120) / 7)
    frames = [
        pd.DataFrame({"id": name, "day": days.strftime("%Y-%m-%d"), "y": level + week + rng.normal(size=120)})
        for name, level in (("007", 100.0), ("NA", 50.0))
    ]
    pd.concat(frames).to_csv(tmp_path / "observations.csv", index=False)
    pipeline = tmp_path / "pipeline.toml"
    pipeline.write_text(SMALL, encoding="utf-8")
    return pipeline
