"""What is tried without Prefect, in a process that may fork: see `sweep` and `damage`."""

import json
from collections import defaultdict
from typing import Any

from faults.processes import start
from faults.scene import environment
from faults.stage import Stage, Tried


def killed_before_every_effect(stage: Stage) -> list[Tried]:
    """Files, statements, commits and batches of rows."""
    kills = _told(stage, "sweep", "swept.json")
    problems = [f"{kill['effect'][:60]}: {'; '.join(kill['problems'])}" for kill in kills if kill["problems"]]
    return [Tried(f"a night killed before each of its {len(kills)} effects", "killed", "run again", problems)]


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


def _told(stage: Stage, module: str, file: str) -> list[dict[str, Any]]:
    folder = stage.folder / module
    folder.mkdir()
    log = folder / "log"
    if start(["-m", f"faults.{module}", str(folder)], log, environment(folder, None)).wait():
        raise RuntimeError(log.read_text())
    told: list[dict[str, Any]] = json.loads((folder / file).read_text())
    return told


FAULTS = (killed_before_every_effect, every_file_damaged)
