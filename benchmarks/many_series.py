"""`make bench-many`: whole nights of ten thousand to a million series, step by step.

Run as `python -m benchmarks.many_series`. A night is the process that runs it and its workers. Memory is what they have
of their own; the rows of the source and what workers share lie in mapped files, which can leave memory.
"""

import argparse
import os
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.made import as_of, make_table
from benchmarks.night_watch import Step, own, watched
from benchmarks.table import machine, markdown, paste

MARKER = "bench-many"
PACKAGES = ("numpy", "torch", "pyarrow")
DAYS, HORIZON = 200, 7
SERIES = (10_000, 100_000, 1_000_000)
SERIES_OF_FILE = 50_000
STEPS = ("ingest", "check_ledger", "window", "train", "evaluate", "forecast", "publish", "report")
REST = "imports, beginning and end"
TRAINING = ""  # keys of [training]; none for the defaults
GB = 1e9


def main(arguments: list[str] | None = None) -> None:
    """Measures and prints the table; `--paste` writes it into the README as well."""
    parser = argparse.ArgumentParser(description="Measures whole nights of many series.")
    parser.add_argument("--series", type=int, nargs="+", default=SERIES, help="how many; several for several nights")
    parser.add_argument("--workers", type=int, nargs="+", default=[1, os.cpu_count() or 1], help="compute.workers")
    parser.add_argument("--paste", action="store_true", help="write the table into the README as well")
    chosen = parser.parse_args(arguments)
    nights = {}
    with TemporaryDirectory(prefix="nightcast-bench-") as folder:
        for series in chosen.series:
            for workers in dict.fromkeys(chosen.workers):
                nights[series, workers] = night(Path(folder), series, workers)
                print(f"{series:,} series, {_processes(workers)}: {_total(nights[series, workers])}", file=sys.stderr)
    content = f"Measured on {machine(PACKAGES)}\n\n{markdown(*_table(nights))}"
    print(content)
    if chosen.paste:
        paste(MARKER, content)


def night(folder: Path, series: int, workers: int) -> list[Step]:
    """The steps of a night. The source is a folder of Parquet files with some series each."""
    home = folder / f"{series}-{workers}"
    (home / "table").mkdir(parents=True)
    for first in range(0, series, SERIES_OF_FILE):
        count = min(SERIES_OF_FILE, series - first)
        names = pa.array([f"S{number:07d}" for number in range(first, first + count)])
        rows = make_table(count, DAYS)
        codes = rows["id"].combine_chunks().indices
        rows = rows.set_column(0, "id", pa.DictionaryArray.from_arrays(codes, names))
        pq.write_table(rows, home / "table" / f"{first:07d}.parquet")
    file = home / "pipeline.toml"
    file.write_text(
        f'name = "bench"\nhorizon = {HORIZON}\n'
        '[source]\npath = "table/*.parquet"\nseries = ["id"]\ntime = "ds"\ntargets = ["y"]\n'
        f"[training]\n{TRAINING}\n[compute]\nworkers = {workers}\n",
        encoding="utf-8",
    )
    return watched(file, as_of(DAYS), own)


def _table(nights: dict[tuple[int, int], list[Step]]) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """(header, rows): a row a step, a column a night; seconds by the clock, CPU seconds, memory."""
    header = ("step", *(f"{series:,} series, {_processes(workers)}" for series, workers in nights))
    rows = [(name, *(_text(_sum(steps, name)) for steps in nights.values())) for name in (*STEPS, REST)]
    return header, [*rows, ("all", *map(_total, nights.values()))]


def _processes(workers: int) -> str:
    return "one process" if workers == 1 else f"{workers} workers"


def _sum(steps: list[Step], name: str) -> Step:
    """A step, which may come more than once, or all those that have no row of their own."""
    chosen = [step for step in steps if step.name == name or (name == REST and step.name not in STEPS)]
    seconds, cpu = (sum(getattr(step, field) for step in chosen) for field in ("seconds", "cpu"))
    return Step(name, seconds, cpu, max((step.peak for step in chosen), default=0))


def _total(steps: list[Step]) -> str:
    seconds, cpu = (sum(getattr(step, field) for step in steps) for field in ("seconds", "cpu"))
    return _text(Step("all", seconds, cpu, max(step.peak for step in steps)))


def _text(step: Step) -> str:
    return f"{step.seconds:,.1f} s ({step.cpu:,.1f} CPU s), {step.peak / GB:.2f} GB"


if __name__ == "__main__":
    main()
