"""What is tried without Prefect, in a process that may fork: see `sweep` and `damage`."""

import json
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from faults.processes import start
from faults.scene import environment
from faults.stage import Stage, Tried


def killed_before_every_effect(stage: Stage) -> Iterator[Tried]:
    """Files, statements, commits and batches of rows, with a training and without one."""
    for kind in ("retrain", "forecast"):
        kills = _told(stage, "sweep", "swept.json", "--kind", kind)
        problems = [f"{kill['effect'][:60]}: {'; '.join(kill['problems'])}" for kill in kills if kill["problems"]]
        yield Tried(f"a {kind} run killed before each of its {len(kills)} effects", "killed", "run again", problems)


def every_file_damaged(stage: Stage) -> list[Tried]:
    """A row a way and kind of run."""
    rows = defaultdict(list)
    for entry in _told(stage, "damage", "damaged.json"):
        rows[f"each file of {entry['run']} runs {entry['way']}"].append(entry)
    return [
        Tried(
            f"{what} ({len(entries)} files)",
            "",
            "run again",
            [f"{entry['file']}: {'; '.join(entry['problems'])}" for entry in entries if entry["problems"]],
        )
        for what, entries in rows.items()
    ]


def clock_changed(stage: Stage) -> list[Tried]:
    """Runs at half past two, which is not there in spring and there twice in autumn, and at the hours around it."""
    return [
        Tried(
            f"{entry['grid']} runs around the clock's change in {entry['change']} ({entry['runs']}), each killed",
            "killed in publishing",
            "run again",
            entry["problems"],
        )
        for entry in _told(stage, "clock", "clock.json")
    ]


def _told(stage: Stage, module: str, file: str, *options: str) -> list[dict[str, Any]]:
    folder = stage.folder / "-".join((module, *options[1:]))
    folder.mkdir()
    log = folder / "log"
    if start(["-m", f"faults.{module}", str(folder), *options], log, environment(folder, None)).wait():
        raise RuntimeError(log.read_text())
    outcomes: list[dict[str, Any]] = json.loads((folder / file).read_text())
    return outcomes


FAULTS = (killed_before_every_effect, every_file_damaged, clock_changed)
