"""A CSV of many rows: ingest by the product against Arrow's read, sort and write."""

import secrets
from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow.csv as pacsv
import pyarrow.parquet as pq

from benchmarks.child import median_of
from benchmarks.made import write_csv
from benchmarks.pipelines import job
from benchmarks.table import Line, against
from lstm.steps.ingest import ingest

Work = Callable[[], dict[str, int]]


def ours(folder: str, path: str, days: int, frequency: str | None) -> Work:
    """The whole task: rows to `panel.parquet`, `quality.json` and manifest."""
    run = job(folder, days, frequency, path=path)

    def work() -> dict[str, int]:
        panel = ingest(run, since=secrets.token_hex(4))
        return {"rows": panel.rows_read, "steps": panel.steps}

    return work


def floor(folder: str, path: str) -> Work:
    """Arrow with all of its threads and its own types: text, date, double."""

    def work() -> dict[str, int]:
        table = pacsv.read_csv(Path(folder) / path)
        arrow_bytes = table.nbytes
        pq.write_table(table.sort_by([("id", "ascending"), ("ds", "ascending")]), Path(folder) / "floor.parquet")
        return {"rows": len(table), "arrow_bytes": arrow_bytes}

    return work


def lines(folder: Path, shrink: int, repeats: int) -> Iterator[Line]:
    """2,000 series of 5,000 days, then 100,000 series of 100 days. shrink: divides the number of series."""
    usual = 0.0
    for order in ("sorted", "shuffled"):
        path = f"{order}.csv"
        write_csv(folder / path, 2_000 // shrink, 5_000, shuffled=order == "shuffled")
        least = median_of("benchmarks.csv_ingest:floor", repeats, folder=str(folder), path=path)
        for frequency, word in (("D", "given"), (None, "found")):
            step = {"folder": str(folder), "path": path, "days": 5_000, "frequency": frequency}
            taken = median_of("benchmarks.csv_ingest:ours", repeats, **step)
            usual = usual or taken.seconds / taken.found["rows"]
            what = f"CSV, {taken.found['rows']:,} rows of {2_000 // shrink:,} series, {order}, frequency {word}"
            yield against(what, taken, least.seconds, least.found["arrow_bytes"], target=2)
        (folder / path).unlink()
    yield _many_series(folder, 100_000 // shrink, usual, repeats)


def _many_series(folder: Path, series: int, usual: float, repeats: int) -> Line:
    """usual: seconds a row of the file of fewer and longer series, sorted, with its frequency given."""
    write_csv(folder / "many.csv", series, 100)
    least = median_of("benchmarks.csv_ingest:floor", 1, folder=str(folder), path="many.csv")
    step = {"folder": str(folder), "path": "many.csv", "days": 100, "frequency": "D"}
    taken = median_of("benchmarks.csv_ingest:ours", repeats, **step)
    rows = taken.found["rows"]
    (folder / "many.csv").unlink()
    what = f"CSV, {rows:,} rows of {series:,} series, against ours of the first file"
    return against(what, taken, usual * rows, least.found["arrow_bytes"], target=2)
