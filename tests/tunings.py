"""Tunings of a small pipeline: six series of 120 days, trials of two epochs."""

from pathlib import Path
from typing import Any

import pandas as pd
from faults.ground import observations

from lstm.config import load_pipeline
from lstm.references import PanelRef, RunKey, Search, TriedSetting, WindowsRef
from lstm.steps.ingest import ingest
from lstm.steps.job import Job
from lstm.steps.window import window

SMALL = """
# The shop's file; comments stay.
name = "small"
horizon = 7
frequency = "D"

[source]
path = "observations.csv"
series = ["id"]
time = "day"
targets = ["y"]

[model]
hidden = 8  # few

[training]
max_epochs = 2
epoch_steps = 5
batch_size = 32

[evaluation]
origins = 3

[tuning]
trials = 3

[tuning.ranges]
look_back = [14, 28]
hidden = [4, 8]
learning_rate = { low = 1e-3, high = 1e-1, log = true }
layers = []
dropout = []
weight_decay = []
segment = []
attention = []
bidirectional = []
loss = []
transform = []
"""


def small_file(folder: Path, more: str = "", week: float = 0.0) -> Path:
    """The pipeline file and its table. more: of the file. week: by how much Sundays lie above Mondays."""
    table = observations()
    table["y"] += week * pd.to_datetime(table["day"]).dt.day_of_week / 6
    table.to_csv(folder / "observations.csv", index=False)
    file = folder / "pipeline.toml"
    file.write_text(
        SMALL.replace("hidden = 8", "look_back = 1\nhidden = 8") + more if more else SMALL, encoding="utf-8"
    )
    return file


def tuning_job(folder: Path, more: str = "", week: float = 0.0) -> tuple[Job, PanelRef, WindowsRef]:
    """A run of tuning as of 2024-04-30 whose windows are cut."""
    pipeline = load_pipeline(small_file(folder, more, week))
    key = RunKey(pipeline="small", kind="tune", as_of="2024-04-30T00:00:00Z")
    job = Job(pipeline=pipeline, home=str(folder), key=key)
    panel = ingest(job, since=None)
    return job, panel, window(job, panel)


def tried(number: int, objective: float | None, values: dict[str, Any] | None = None, **more: Any) -> TriedSetting:
    """A trial; without an objective it came to nothing."""
    scores = {} if objective is None else {"wql": 0.5, "mase": 1.0, "coverage": 0.8, "ridge_wql": 0.6}
    chosen = values if values is not None else {"hidden": 8 * (number + 1), "attention": number > 0}
    return TriedSetting(number=number, values=chosen, objective=objective, **(scores | more))


def search_of(*trials: TriedSetting, **more: Any) -> Search:
    """A search that tried all of them."""
    facts = {"through": "2024-03-18", "windows": 48, "seconds": 90.0, "ended": "all of them were tried"}
    return Search(trials=trials, **(facts | more))
