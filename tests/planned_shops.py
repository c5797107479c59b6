"""A pipeline whose targets follow a plan that is known ahead, and its published night."""

from pathlib import Path

import numpy as np
import pandas as pd

from lstm.references import Outcome
from lstm.steps.night import night

AS_OF = "2024-04-30"
PIPELINE = """
name = "shops"
horizon = 7
frequency = "D"

[source]
path = "observations.csv"
series = ["region", "shop"]
time = "day"
targets = ["sold"]
future_covariates = ["planned", "price"]

[model]
look_back = 14
members = 1
normalisation = "mean_std"

[training]
max_epochs = 1
epoch_steps = 5
batch_size = 32

[evaluation]
origins = 3

[compute]
workers = 1
"""


def planned_shops(folder: Path, text: str = PIPELINE) -> Path:
    """The pipeline file of four shops in two regions that sell what is planned, give or take one."""
    random = np.random.default_rng(7)
    days = pd.date_range("2024-01-01", "2024-05-06")
    frames = []
    for region, shop in (("north", "a"), ("north", "b"), ("south", "a"), ("south", "c")):
        planned = random.integers(50, 150, len(days)).astype(float)
        sold = planned + random.normal(0, 1, len(days))
        sold[days > pd.Timestamp("2024-04-29")] = np.nan
        frame = {"region": region, "shop": shop, "day": days, "sold": sold, "planned": planned, "price": 2.0}
        frames.append(pd.DataFrame(frame))
    pd.concat(frames).to_csv(folder / "observations.csv", index=False)
    pipeline_file = folder / "pipeline.toml"
    pipeline_file.write_text(text, encoding="utf-8")
    return pipeline_file


def published(pipeline_file: Path, kind: str = "retrain") -> Outcome:
    """The night of AS_OF, which has to publish."""
    outcome = night(str(pipeline_file), AS_OF, kind=kind)  # type: ignore[arg-type]
    assert outcome.exit_code in (0, 3), outcome.sentence
    return outcome
