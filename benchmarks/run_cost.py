"""`make bench-cost`: CPU seconds of what should answer at once, and of a run beside its steps' own work.

Run as `python -m benchmarks.run_cost`. CPU seconds, since they are the same on a busy machine, or nearly so.
"""

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Protocol

from benchmarks.child import ROOT, THREADS
from benchmarks.made import as_of, write_csv
from benchmarks.running_server import RunningServer
from benchmarks.table import machine, markdown, paste

MARKER = "bench-cost"
PACKAGES = ("prefect", "torch", "pandas", "pyarrow", "sqlalchemy")
EXAMPLES = {"nyc-weather": "2013-12-30", "departures": "2013-12-17"}
SERIES, DAYS = 10, 400
PIPELINE = """
name = "bench"
horizon = 14
frequency = "D"

[source]
path = "observations.csv"
series = ["id"]
time = "ds"
targets = ["y"]

[model]
look_back = 28
members = 1

[training]
max_epochs = 2
epoch_steps = 10
threads = 1
"""
Row = tuple[str, ...]


class Server(Protocol):
    """A running server: where, and the CPU seconds that it has used."""

    url: str

    def cpu(self) -> float:
        """So far."""


def cpu_of(arguments: list[str], **environment: str) -> float:
    """CPU seconds of a Python process from its start to its end. Raises RuntimeError with its words if it fails."""
    before = _children()
    told = os.environ | {"PYTHONPATH": str(ROOT), **dict.fromkeys(THREADS, "1"), **environment}
    ended = subprocess.run(
        [sys.executable, *arguments], env=told, cwd=ROOT, capture_output=True, text=True, check=False
    )
    if ended.returncode not in (0, 3):  # whether the gates are content does not matter here
        raise RuntimeError(f"{' '.join(arguments)} ended with {ended.returncode}: {ended.stderr[-2000:]}")
    return _children() - before


def _children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def commands(folder: Path, repeats: int) -> Iterator[Row]:
    """What a person waits for at the terminal."""
    command = ["-m", "flows.cli"]
    yield _row("`nightcast --help`", _often(repeats, [*command, "--help"]), 2)
    for name, day in EXAMPLES.items():
        example = folder / name
        shutil.copytree(ROOT / "examples" / name, example, ignore=shutil.ignore_patterns("store", "*.db"))
        if (example / "make_database.py").exists():
            cpu_of([str(example / "make_database.py")])
        check = [*command, "check", str(example / "pipeline.toml"), "--as-of", day]
        yield _row(f"`nightcast check`, {name}", _often(repeats, check), 2)


def _often(repeats: int, arguments: list[str]) -> float:
    return median(cpu_of(arguments) for _ in range(repeats))


def runs(folder: Path, repeats: int, server: Server) -> Iterator[Row]:
    """The parts of a nightly run of ten series, on a server that runs, from the second night on.

    The first night makes the store and has no champion to compare with.
    """
    write_csv(folder / "observations.csv", SERIES, DAYS)
    (folder / "pipeline.toml").write_text(PIPELINE, encoding="utf-8")
    told = [_night(folder, DAYS - repeats + night, server) for night in range(repeats + 1)][1:]
    parts = {name: median(one[name] for one in told) for name in told[0]}
    yield _row("a run: imports", parts["imports"])
    yield _row("a run: its steps' own work", parts["steps"])
    yield _row("a run: all the rest, of Prefect and ours, to the end of the process", parts["rest"], 4)
    yield _row("the server meanwhile, its own services included", parts["server"])


def _night(folder: Path, day: int, server: Server) -> dict[str, float]:
    parts = folder / "parts.json"
    before = server.cpu()
    arguments = ["-m", "benchmarks.run_parts", str(parts), "run", str(folder / "pipeline.toml"), as_of(day)]
    whole = cpu_of(arguments, PREFECT_API_URL=server.url)
    found = json.loads(parts.read_text(encoding="utf-8"))
    imports, steps = float(found["imports"]), sum(found["steps"].values())
    return {"imports": imports, "steps": steps, "rest": whole - imports - steps, "server": server.cpu() - before}


def _row(what: str, seconds: float, most: float | None = None) -> Row:
    return (what, f"{seconds:.2f}", "" if most is None else f"≤ {most:g}")


def main(arguments: list[str] | None = None) -> None:
    """Measures and prints the table; `--paste` writes it into the README as well."""
    parser = argparse.ArgumentParser(description="Measures what commands and runs cost, in CPU seconds.")
    parser.add_argument("--repeats", type=int, default=3, help="of each, of which the median counts")
    parser.add_argument("--paste", action="store_true", help="write the table into the README as well")
    chosen = parser.parse_args(arguments)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="nightcast-bench-")))
        rows = list(commands(folder, chosen.repeats))
        server = stack.enter_context(RunningServer(folder / "prefect"))
        rows += runs(folder, chosen.repeats, server)
    table = markdown(("what", "CPU s", "target"), rows)
    content = f"Measured on {machine(PACKAGES)} Each number is the median of {chosen.repeats}.\n\n{table}"
    print(content)
    if chosen.paste:
        paste(MARKER, content)


if __name__ == "__main__":
    main()
