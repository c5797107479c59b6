"""A small night with a plan that is known ahead, run once, and copies of what it left."""

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from lstm.steps.night import night

DAYS = pd.date_range("2024-01-01", "2024-05-10").strftime("%Y-%m-%d")
PIPELINE = """
name = "planned"
horizon = 7
frequency = "D"

[source]
path = "observations.csv"
series = ["shop", "item"]
time = "day"
targets = ["y"]
future_covariates = ["plan"]

[model]
look_back = 14
members = 1

[training]
max_epochs = 2
epoch_steps = 20
batch_size = 32
threads = 1

[evaluation]
origins = 6
"""


@pytest.fixture(scope="session")
def first_night(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The pipeline file of a night that was published; y follows the plan, which has no week in it."""
    folder = tmp_path_factory.mktemp("planned")
    random = np.random.default_rng(0)
    frames = []
    for shop, item, level in (("a", 1, 100.0), ("a", 2, 50.0), ("b", 1, 30.0)):
        plan = random.integers(0, 20, len(DAYS)).astype(float)
        plan[DAYS == "2024-04-30"] = 22.0  # tomorrow a great deal is planned
        observed = np.where(DAYS <= "2024-04-29", level + plan + random.normal(0, 0.3, len(DAYS)), np.nan)
        frames.append(pd.DataFrame({"shop": shop, "item": item, "day": DAYS, "plan": plan, "y": observed}))
    pd.concat(frames).to_csv(folder / "observations.csv", index=False)
    pipeline = folder / "pipeline.toml"
    pipeline.write_text(PIPELINE, encoding="utf-8")
    outcome = night(str(pipeline), "2024-04-30")
    assert outcome.exit_code in (0, 3), outcome.sentence
    return pipeline


@pytest.fixture
def pipeline(first_night: Path, tmp_path: Path) -> Path:
    """A copy of the night, to do as one likes with."""
    shutil.copytree(first_night.parent, tmp_path / "night")
    return tmp_path / "night" / first_night.name
