"""`make bench-memory`: the peak memory of whole nights, and the step that it lies in.

Run as `python -m benchmarks.memory`. A night is the process that runs it and its workers; a page that several of them
share counts once (the PSS of proc(5)).
"""

import argparse
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.made import as_of, make_table
from benchmarks.night_watch import share, watched
from benchmarks.table import machine, markdown, paste

MARKER = "bench-memory"
PACKAGES = ("numpy", "torch", "pyarrow")
HEADER = ("night", "peak memory", "step", "target")
GB = 1e9
DAYS, COVARIATES, MINUTES_AHEAD = 200, 60, 60
SHORT = "max_epochs = 1\nepoch_steps = 10"
ENOUGH_FOR_WORKERS = "max_epochs = 50\nepoch_steps = 20"
Row = tuple[str, ...]


def main(arguments: list[str] | None = None) -> None:
    """Measures and prints the table; `--paste` writes it into the README as well."""
    parser = argparse.ArgumentParser(description="Measures the peak memory of whole nights.")
    parser.add_argument("--data", help="folder of the data sets; NIGHTCAST_DATA when left out")
    parser.add_argument("--small", action="store_true", help="a five-hundredth of the rows, without ETT: does it work?")
    parser.add_argument("--only", choices=("series", "workers", "ett", "covariates"), help="one night only")
    parser.add_argument("--paste", action="store_true", help="write the table into the README as well")
    chosen = parser.parse_args(arguments)
    data = None if chosen.small else chosen.data or os.environ.get("NIGHTCAST_DATA")
    with TemporaryDirectory(prefix="nightcast-bench-") as folder:
        rows = list(nights(Path(folder), 500 if chosen.small else 1, data, chosen.only))
    content = f"Measured on {machine(PACKAGES)}\n\n{markdown(HEADER, rows)}"
    print(content)
    if chosen.paste:
        paste(MARKER, content)


def nights(folder: Path, shrink: int, data: str | None, only: str | None = None) -> Iterator[Row]:
    """A row a night, each told on standard error as it comes. shrink: divides the number of series and of minutes."""
    for name, night in (("series", _series), ("workers", _workers), ("ett", _ett), ("covariates", _covariates)):
        if only in (None, name):
            home = folder / name
            home.mkdir()
            row = night(home, shrink, data)
            print(*row, sep=": ", file=sys.stderr)
            yield row


def _series(folder: Path, shrink: int, _: str | None, training: str = SHORT, members: int = 1) -> Row:
    count = 100_000 // shrink
    pq.write_table(make_table(count, DAYS), folder / "table.parquet")
    roles = 'path = "table.parquet"\nseries = ["id"]\ntime = "ds"\ntargets = ["y"]'
    file = _pipeline(folder, 7, roles, f"members = {members}", training)
    return _row(f"{count:,} series of {DAYS} days", *_peak(file, as_of(DAYS)), "≤ 3 GB" if members == 1 else "")


def _workers(folder: Path, shrink: int, data: str | None) -> Row:
    what, *rest = _series(folder, shrink, data, ENOUGH_FOR_WORKERS, 3)
    return (f"{what}, three members by workers", *rest)


def _ett(folder: Path, _: int, data: str | None) -> Row:
    what = "ETTh1, 7 targets, horizon 720"
    if data is None:
        return (what, "skipped: --data names no folder", "", "≤ 2 GB")
    targets = '["HUFL", "HULL", "MUFL", "MULL", "LUFL", "LULL", "OT"]'
    roles = f'path = "{Path(data).resolve()}/ett/ETTh1.csv"\ntime = "date"\ntargets = {targets}'
    file = _pipeline(folder, 720, roles, 'members = 1\nchannels = "joint"', SHORT)
    return _row(what, *_peak(file, "2018-06-26T20:00:00Z"), "≤ 2 GB")


def _covariates(folder: Path, shrink: int, _: str | None) -> Row:
    minutes, random = 1_000_000 // shrink, np.random.default_rng(3)
    first = np.datetime64("2020-01-01T00:00:00", "us")
    times = np.arange(minutes)
    level = 100 + 10 * np.sin(2 * np.pi * times / 1440)
    names = [f"x{number:02d}" for number in range(COVARIATES)]
    columns = {name: random.standard_normal(minutes, dtype=np.float32) for name in ("y", *names)}
    columns["y"] += level.astype(np.float32)
    ends = first + times.astype("timedelta64[m]")
    pq.write_table(pa.table({"ds": pa.array(ends), **columns}), folder / "table.parquet")
    roles = f'path = "table.parquet"\ntime = "ds"\ntargets = ["y"]\npast_covariates = {names}'
    file = _pipeline(folder, MINUTES_AHEAD, roles.replace("'", '"'), "members = 1", SHORT)
    what = f"{minutes:,} minutes of one series, {COVARIATES} past covariates"
    return _row(what, *_peak(file, f"{first + np.timedelta64(minutes, 'm')}Z"), "≤ 3 GB")


def _pipeline(folder: Path, horizon: int, source: str, model: str, training: str) -> Path:
    file = folder / "pipeline.toml"
    head = f'name = "bench"\nhorizon = {horizon}\n'
    file.write_text(f"{head}[source]\n{source}\n[model]\n{model}\n[training]\n{training}\n", encoding="utf-8")
    return file


def _row(what: str, step: str, most: int, target: str) -> Row:
    return (what, f"{most / GB:.2f} GB", step, target)


def _peak(pipeline: Path, instant: str) -> tuple[str, int]:
    """(the step, the bytes) of a night's peak."""
    most = max(watched(pipeline, instant, share), key=lambda step: step.peak)
    return most.name, most.peak


if __name__ == "__main__":
    main()
