"""Where faults happen: a small pipeline that has served for a night, and copies of it."""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from lstm.config import load_pipeline
from lstm.references import Outcome, RunKind
from lstm.steps.night import night
from lstm.storage.registry.registry import Registry
from lstm.storage.registry.runs import RunRecord
from lstm.storage.store.database import open_store, store_url

FIRST_NIGHT, NIGHT = "2024-04-29", "2024-04-30"

PIPELINE = """
name = "small"
horizon = 7
frequency = "D"
{top}
[source]
{source}
series = ["id"]
time = "day"
targets = ["y"]
{store}
[model]
look_back = 14
hidden = 8
members = 1

[training]
max_epochs = 3
epoch_steps = 5
batch_size = 32
threads = 1

[evaluation]
origins = 3

[schedule]
retrain = "off"
forecast = "off"
monitor = "off"

# A model of the second night that is not clearly worse takes the champion's place.
[[gates]]
name = "better than the champion"
metric = "mase"
against = "champion"
not_worse_by = 1.0

[[gates]]
name = "not worse than ridge"
metric = "mase"
against = "ridge"
not_worse_by = 1.0

[[sinks]]
name = "file"
path = "out.csv"

[[sinks]]
name = "warehouse"
url = "{sink}"
table = "plan"
"""


@dataclass(frozen=True)
class Ground:
    """A pipeline's folder. kind: of its second night."""

    folder: Path
    kind: RunKind = "retrain"

    @property
    def pipeline(self) -> Path:
        """Its file."""
        return self.folder / "pipeline.toml"

    @property
    def name(self) -> str:
        """Of the pipeline, here as everywhere."""
        return "small"

    @property
    def run_id(self) -> str:
        """The run of the second night."""
        return f"small.{self.kind}.20240430T000000Z"

    @property
    def run_folder(self) -> Path:
        """What that run leaves."""
        return self.folder / "store" / "runs" / self.run_id

    def record(self) -> RunRecord | None:
        """The second night's run, as the store knows it."""
        settings = load_pipeline(self.pipeline)
        return Registry(open_store(store_url(settings.store, self.folder))).run(self.run_id)

    def copy(self, folder: Path) -> "Ground":
        """The same elsewhere: all paths of the pipeline are relative."""
        shutil.copytree(self.folder, folder)
        return Ground(folder, self.kind)

    def run(self, as_of: str = NIGHT) -> Outcome:
        """A night that nothing disturbs, in this process and without Prefect."""
        return night(str(self.pipeline), as_of, kind=self.kind)


def observations() -> pd.DataFrame:
    """Six series of 120 days that end on 2024-04-29: noise around a level."""
    rng = np.random.default_rng(0)
    days = pd.date_range("2024-01-01", periods=120).strftime("%Y-%m-%d")
    levels = (("007", 100.0), ("NA", 50.0), ("a", 10.0), ("b", 20.0), ("c", 30.0), ("d", 40.0))
    return pd.concat(
        [pd.DataFrame({"id": name, "day": days, "y": level + rng.normal(size=120)}) for name, level in levels]
    )


def ground(folder: Path, changes: Mapping[str, str] | None = None) -> Ground:
    """The pipeline on files and SQLite, after its first night. changes: parts of its file, and what replaces them."""
    folder.mkdir(parents=True)
    observations().to_csv(folder / "observations.csv", index=False)
    text = PIPELINE.format(top="", source='path = "observations.csv"', store="", sink="sqlite:///warehouse.db")
    for part, other in (changes or {}).items():
        text = text.replace(part, other)
    (folder / "pipeline.toml").write_text(text, encoding="utf-8")
    place = Ground(folder)
    place.run(FIRST_NIGHT)
    return place
