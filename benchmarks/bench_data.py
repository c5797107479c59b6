"""`make bench-data`: how fast and in how much memory data comes in. Run as `python -m benchmarks.bench_data`."""

import argparse
import sys
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks import csv_ingest, panel_windows, postgresql_read
from benchmarks.child import in_this_process
from benchmarks.table import README, Line, as_markdown, machine, paste

MARKER = "bench-data"
SMALL = 200


def main(arguments: list[str] | None = None) -> None:
    """Measures, prints the table and pastes it into the README; `--small` prints only."""
    parser = argparse.ArgumentParser(description="Measures ingest and windows against floors of the same run.")
    parser.add_argument(
        "--small", action="store_true", help="a two-hundredth of the series, once, in one process: does it work?"
    )
    parser.add_argument("--repeats", type=int, default=3, help="runs of each step, of which the median counts")
    chosen = parser.parse_args(arguments)
    with in_this_process() if chosen.small else nullcontext():
        lines = list(measured(SMALL, 1) if chosen.small else measured(1, chosen.repeats))
    runs = "one run" if chosen.small or chosen.repeats == 1 else f"the median of {chosen.repeats} runs"
    content = f"Measured on {machine()} Each number is {runs}.\n\n{as_markdown(lines)}"
    print(content)
    if not chosen.small:
        paste(MARKER, content)
        print(f"written to {README}", file=sys.stderr)


def measured(shrink: int, repeats: int) -> Iterator[Line]:
    """All lines, each told on standard error as it comes. shrink: divides the number of series."""
    with TemporaryDirectory(prefix="nightcast-bench-") as folder:
        for module in (csv_ingest, postgresql_read, panel_windows):
            for line in module.lines(Path(folder), shrink, repeats):
                print(f"{line.what}: {line.ours}", file=sys.stderr)
                yield line


if __name__ == "__main__":
    main()
