"""Damages each file of a run, in each way, and starts the run again. Without Prefect, in forks.

`python -m faults.damage FOLDER` leaves `damaged.json` in the folder. Once the run was finished before, once it had been
killed just before its forecasts were in place.
"""

import argparse
import json
import pickle
from collections.abc import Callable
from fnmatch import fnmatchcase
from pathlib import Path

from faults.ground import Ground
from faults.sweep import die, forked, prepare, revive

WAYS: dict[str, Callable[[Path], object]] = {
    "removed": lambda path: path.unlink(),
    "cut": lambda path: path.write_bytes(path.read_bytes()[: path.stat().st_size // 2]),
    "garbled": lambda path: path.write_bytes(bytes(byte ^ 0x55 for byte in path.read_bytes())),
}
BEFORE_FORECASTS = "rename */forecast.parquet"


def damage(folder: Path) -> list[dict[str, object]]:
    """Every file of both runs in every way; entries with what is wrong afterwards."""
    folder.mkdir(parents=True, exist_ok=True)
    if forked(lambda: prepare(folder)):
        raise RuntimeError("the undisturbed night failed")
    effects = pickle.loads((folder / "known.pickle").read_bytes())[2]
    at = 1 + next(index for index, effect in enumerate(effects) if fnmatchcase(effect, BEFORE_FORECASTS))
    interrupted = Ground(folder / "base").copy(folder / "interrupted")
    forked(lambda: die(interrupted, at))
    outcomes: list[dict[str, object]] = []
    for state, ground in (("finished", Ground(folder / "twin")), ("interrupted", interrupted)):
        for name in sorted(str(path.relative_to(ground.run_folder)) for path in files_of(ground)):
            for way in WAYS:
                problems = _damaged(folder, ground, way, name, f"{state}-{len(outcomes)}")
                outcomes.append({"run": state, "file": name, "way": way, "problems": problems})
                print(f"{state} {name} {way}: {problems or 'right'}", flush=True)
    return outcomes


def files_of(ground: Ground) -> list[Path]:
    """The files in the run's folder that are whole."""
    return [path for path in ground.run_folder.rglob("*") if path.is_file() and path.suffix != ".part"]


def _damaged(folder: Path, ground: Ground, way: str, name: str, where: str) -> list[str]:
    place = ground.copy(folder / where)
    WAYS[way](place.run_folder / name)
    ended = forked(lambda: revive(place, folder, damaged=True))
    file = place.folder / "problems.json"
    problems: list[str] = json.loads(file.read_text()) if file.exists() else [f"the run ended with {ended}"]
    return problems


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    asked = parser.parse_args()
    (asked.folder / "damaged.json").write_text(json.dumps(damage(asked.folder), indent=2))
