"""Real departures as frames, and the same as the table and pipeline file of a night."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from pages import ROOT

CUTOFF, AS_OF, HORIZON = "2013-12-16", "2013-12-17", 7
QUICK = {"max_epochs": 2, "epoch_steps": 10, "threads": 1}
SERIES = [("EWR", "UA"), ("JFK", "B6"), ("LGA", "DL"), ("LGA", "MQ")]
DEPARTURES: dict[str, Any] = {
    "series": ["origin", "carrier"],
    "time": "date",
    "target": "departures",
    "future": ["scheduled"],
    "horizon": HORIZON,
    "time_zone": "America/New_York",
    "minimum": 0.0,
    "training": QUICK,
    "model": {"members": 1},
    "evaluation": {"origins": 3},
}
PIPELINE = """
name = "departures"
horizon = 7
time_zone = "America/New_York"
minimum = 0.0
training = { max_epochs = 2, epoch_steps = 10, threads = 1 }
model = { members = 1 }
evaluation = { origins = 3 }

[source]
path = "departures.csv"
series = ["origin", "carrier"]
time = "date"
targets = ["departures"]
future_covariates = ["scheduled"]
"""


def departures() -> pd.DataFrame:
    """Four series up to the end of the horizon, without departures after the cutoff."""
    rows = pd.read_csv(ROOT / "examples" / "departures" / "departures.csv.gz")
    last = str((pd.Timestamp(CUTOFF) + pd.Timedelta(days=HORIZON)).date())
    of_series = [pair in SERIES for pair in zip(rows["origin"], rows["carrier"], strict=True)]
    kept = rows[(rows["date"] <= last) & np.array(of_series)]
    kept = kept.reset_index(drop=True)
    return kept.assign(departures=kept["departures"].where(kept["date"] <= CUTOFF).astype("float64"))


def history_and_plan(rows: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The rows up to the cutoff, and what is known ahead after it."""
    later = rows["date"] > CUTOFF
    return rows[~later], rows.loc[later, ["origin", "carrier", "date", "scheduled"]]


def write_pipeline(folder: Path, rows: pd.DataFrame, gates: str = "") -> Path:
    """The same rows as a CSV, and a pipeline file beside it."""
    rows.to_csv(folder / "departures.csv", index=False)
    file = folder / "departures.toml"
    file.write_text(PIPELINE + gates)
    return file
