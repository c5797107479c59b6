"""`make bench-accuracy`: how good the forecasts are, and what they cost. Run as `python -m benchmarks.accuracy`."""

import argparse
import json
import os
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks.accuracy_run import DATA_SETS
from benchmarks.accuracy_table import tables
from benchmarks.child import Measured, measure
from benchmarks.looks import LOOKS, record
from benchmarks.nyc import TABLES
from benchmarks.peer_run import peer_of
from benchmarks.table import MEGABYTE, README, machine, paste
from benchmarks.trial import Protocol

STEP = "benchmarks.accuracy_run:prepared"
PACKAGES = ("numpy", "torch")
SEEDS = (1, 2, 3)
EXIT_NO_DATA = 2


def main(arguments: list[str] | None = None) -> None:
    """Runs each data set with each seed; prints a JSON line a data set, or tables."""
    chosen = _parser().parse_args(arguments)
    if chosen.final and not chosen.why:
        _parser().error("--final reads the test part, which is written down: say --why")
    data = data_folder(chosen.data)
    found = []
    for numbers in measured(data, chosen):
        found.append(numbers)
        if chosen.json:
            print(json.dumps(numbers), flush=True)
    if not chosen.json:
        print(tables(found))
    if chosen.paste:
        split = "final" if chosen.final else "inner"
        paste(f"bench-accuracy-{split}", f"Measured on {machine(PACKAGES)}\n\n{tables(found)}")
        print(f"written to {README}", file=sys.stderr)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.accuracy", description="Fits and scores the forecaster on public data sets."
    )
    parser.add_argument("--data", help="folder of the data sets; NIGHTCAST_DATA when left out")
    parser.add_argument("--only", nargs="+", choices=list(DATA_SETS), default=list(DATA_SETS), metavar="NAME")
    parser.add_argument("--final", action="store_true", help="the test parts; each reading is a line in looks.md")
    parser.add_argument("--why", help="why the test parts are looked at")
    parser.add_argument("--seeds", nargs="+", type=int, default=list(SEEDS), help="a run each")
    parser.add_argument("--model", type=json.loads, default={}, metavar="JSON", help="settings of [model]")
    parser.add_argument("--training", type=json.loads, default={}, metavar="JSON", help="settings of [training]")
    parser.add_argument("--no-calendar", action="store_true", help="without covariates of the calendar")
    parser.add_argument("--peers", action="store_true", help="neuralforecast's LSTM beside, for a ratio of CPU times")
    parser.add_argument("--small", action="store_true", help="a slice, a few steps, one seed: does it work?")
    output = parser.add_mutually_exclusive_group()
    output.add_argument("--json", action="store_true", help="one JSON line a data set instead of tables")
    output.add_argument("--paste", action="store_true", help="write the tables into the README as well")
    return parser


def data_folder(given: str | None) -> Path:
    """The folder of the data sets; without one it says so and ends with `EXIT_NO_DATA`."""
    folder = given or os.environ.get("NIGHTCAST_DATA")
    if folder is None or not Path(folder).is_dir():
        where = "neither --data nor NIGHTCAST_DATA names one" if folder is None else f"there is no folder {folder}"
        print(f"accuracy is measured on the data sets in a folder: {where}", file=sys.stderr)
        raise SystemExit(EXIT_NO_DATA)
    return Path(folder).resolve()


def measured(data: Path, chosen: argparse.Namespace, looks: Path = LOOKS) -> Iterator[dict[str, Any]]:
    """The numbers of each data set. A look at a test part is written down, also where it ended in an error."""
    protocol = Protocol(final=chosen.final, calendar=not chosen.no_calendar, small=chosen.small)
    seeds = chosen.seeds[:1] if chosen.small else chosen.seeds
    for name in chosen.only:
        looked = chosen.final and name not in TABLES
        try:
            runs = [run(name, data, protocol, seed, chosen.model, chosen.training) for seed in seeds]
        except RuntimeError:
            if looked:
                record(name, chosen.why, "nothing, it failed", looks)
            raise
        numbers = summary(name, protocol, seeds, runs)
        if chosen.peers and name not in TABLES:
            peer = peer_of(name, DATA_SETS[name](name, data, protocol), small=chosen.small)
            numbers |= {"peer": {"cpu_s": peer.cpu} | peer.scores, "cpu_ratio": numbers["cpu_s"] / peer.cpu}
        if looked:
            scores = {key: numbers[key] for key in runs[0].found["scores"]}
            record(name, chosen.why, scores | {"model": chosen.model, "training": chosen.training}, looks)
        yield numbers


def run(
    name: str, data: Path, protocol: Protocol, seed: int, model: dict[str, Any], training: dict[str, Any]
) -> Measured:
    """Fit, forecast and score with one seed, in a process of its own on one thread."""
    held: dict[str, Any] = {"protocol": asdict(protocol), "model": model, "training": training}
    taken = measure(STEP, name=name, data=str(data), seed=seed, threads=1, **held)
    shown = ", ".join(f"{key} {value:.4g}" for key, value in taken.found["scores"].items())
    print(f"{name}, seed {seed}: {shown}, {taken.cpu:.1f} CPU s", file=sys.stderr, flush=True)
    return taken


def summary(name: str, protocol: Protocol, seeds: list[int], runs: list[Measured]) -> dict[str, Any]:
    """Means and ranges over runs that differ by their seed; the choices are those of the first."""
    numbers: dict[str, Any] = {"data": name}
    for key in runs[0].found["scores"]:
        numbers |= _mean_and_range(key, [taken.found["scores"][key] for taken in runs])
    numbers |= _mean_and_range("cpu_s", [taken.cpu for taken in runs])
    numbers["peak_mb"] = max(taken.peak for taken in runs) / MEGABYTE
    split = {"split": _split(name, protocol), "small": protocol.small, "seeds": seeds}
    return {key: _rounded(value) for key, value in numbers.items()} | split | {"choices": runs[0].found["choices"]}


def _split(name: str, protocol: Protocol) -> str:
    if name in TABLES:
        return "development"
    return "final" if protocol.final else "inner"


def _mean_and_range(key: str, values: list[float]) -> dict[str, Any]:
    return {key: sum(values) / len(values), f"{key}_range": [min(values), max(values)]}


def _rounded(value: Any) -> Any:
    if isinstance(value, list):
        return [_rounded(part) for part in value]
    return round(value, 5) if isinstance(value, float) else value


if __name__ == "__main__":
    main()
