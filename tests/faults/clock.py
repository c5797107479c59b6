"""Nights around both changes of the clock, each killed while it publishes and run again. Without Prefect, in forks.

`python -m faults.clock FOLDER` leaves `clock.json` in the folder, an entry a change and grid.
"""

import argparse
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
from faults.effects import ROWS, tell_effects
from faults.ground import PIPELINE, Ground
from faults.sweep import Counting, forked

from lstm.config import load_pipeline
from lstm.data.frequency.as_of import as_of_text, parse_as_of
from lstm.storage.ledger.ledger import Ledger
from lstm.storage.registry.registry import Registry
from lstm.storage.store.database import open_store, store_url

ZONE = ZoneInfo("Europe/Berlin")
CHANGES = {"spring": datetime(2024, 3, 31), "autumn": datetime(2024, 10, 27)}
SERIES, HORIZON = 2, 7


@dataclass(frozen=True)
class Grid:
    """What is tried at a change. starts: of the runs, as seen from the day of the change at midnight, local time."""

    frequency: str
    starts: tuple[timedelta, ...]

    def moments(self, day: datetime) -> list[datetime]:
        """The starts as instants: 02:30 does not exist in spring, and is there twice in autumn."""
        walls = [(day + start).replace(tzinfo=ZONE, fold=fold) for start in self.starts for fold in (0, 1)]
        return sorted({wall.astimezone(UTC) for wall in walls})


HALF_PAST_TWO = timedelta(hours=2, minutes=30)
GRIDS = {
    "daily": Grid("D", tuple(timedelta(days=day) + HALF_PAST_TWO for day in (-1, 0, 1))),
    "hourly": Grid("h", tuple(timedelta(hours=hour, minutes=30) for hour in (0, 1, 2, 3))),
}


def place(folder: Path, grid: Grid, day: datetime) -> Ground:
    """A pipeline whose table ends days after the change."""
    folder.mkdir(parents=True)
    rng = np.random.default_rng(0)
    if grid.frequency == "D":
        times = pd.date_range(day - timedelta(days=120), day + timedelta(days=3)).strftime("%Y-%m-%d")
    else:
        times = pd.date_range(day - timedelta(days=20), day + timedelta(days=3), freq="h").strftime("%Y-%m-%dT%H:%MZ")
    tables = [pd.DataFrame({"id": name, "day": times, "y": 50 + rng.normal(size=len(times))}) for name in "ab"]
    pd.concat(tables).to_csv(folder / "observations.csv", index=False)
    text = PIPELINE.format(
        top='time_zone = "Europe/Berlin"', source='path = "observations.csv"', store="", sink="sqlite:///warehouse.db"
    )
    (folder / "pipeline.toml").write_text(text.replace('"D"', f'"{grid.frequency}"'), encoding="utf-8")
    return Ground(folder)


def nights(ground: Ground, moments: Sequence[datetime]) -> None:
    """Each start, as a schedule's: killed in the middle of publishing, and again."""
    settings = load_pipeline(ground.pipeline)
    for moment in moments:
        as_of = as_of_text(parse_as_of(None, pipeline=settings, now=moment))
        forked(_killed, ground, as_of)
        if forked(_whole, ground, as_of):
            raise RuntimeError(f"the run as of {as_of} failed")


def _killed(ground: Ground, as_of: str) -> None:
    tell_effects(Counting(1, only=ROWS))
    ground.run(as_of)


def _whole(ground: Ground, as_of: str) -> None:
    outcome = ground.run(as_of)
    if outcome.exit_code not in (0, 3):
        raise RuntimeError(outcome.sentence)


def wrong(ground: Ground, grid: Grid, moments: Sequence[datetime]) -> list[str]:
    """What is not as an hour or a day more each time, and a run for each, would leave it."""
    settings = load_pipeline(ground.pipeline)
    engine = open_store(store_url(settings.store, ground.folder))
    ledger, runs = Ledger(engine), Registry(engine).runs(settings.name)
    cutoffs = sorted({str(row["cutoff"]) for run in runs for row in ledger.run_rows(run.run_id).to_pylist()})
    problems = [f"{run.run_id} has {count} rows" for run in runs if (count := len(ledger.run_rows(run.run_id))) != 14]
    expected = sorted({expected_cutoff(moment, grid) for moment in moments})
    if cutoffs != expected:
        problems.append(f"cutoffs {cutoffs}, not {expected}")
    if len(runs) != len(expected):
        problems.append(f"{len(runs)} runs for {len(expected)} cutoffs")
    current = ledger.current(settings.name).to_pylist()
    keys = {(row["id"], row["time"]) for row in current}
    if not len(keys) == len(current) == SERIES * (HORIZON + len(expected) - 1):
        problems.append(f"{len(current)} current rows of {len(keys)} times")
    return problems


def expected_cutoff(moment: datetime, grid: Grid) -> str:
    """The period that had ended: yesterday by the local clock, or the last whole hour."""
    if grid.frequency == "D":
        return str(moment.astimezone(ZONE).date() - timedelta(days=1))
    return str(moment.replace(minute=0, second=0) - timedelta(hours=1))


def _tell_wrong(file: Path, *night: Any) -> None:
    file.write_text(json.dumps(wrong(*night)))


def changes(folder: Path) -> list[dict[str, object]]:
    """Both changes on both grids."""
    outcomes: list[dict[str, object]] = []
    for change, day in CHANGES.items():
        for name, grid in GRIDS.items():
            ground, moments = place(folder / f"{change}-{name}", grid, day), grid.moments(day)
            nights(ground, moments)
            problems = folder / f"{change}-{name}.json"
            forked(_tell_wrong, problems, ground, grid, moments)
            outcomes.append(
                {"change": change, "grid": name, "runs": len(moments), "problems": json.loads(problems.read_text())}
            )
            print(outcomes[-1], flush=True)
    return outcomes


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    asked = parser.parse_args()
    (asked.folder / "clock.json").write_text(json.dumps(changes(asked.folder), indent=2))
