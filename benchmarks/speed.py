"""`make bench-speed`: how fast the forecaster trains and forecasts. Run as `python -m benchmarks.speed`."""

import argparse
import json
import os
import sys
from contextlib import nullcontext

from benchmarks import speed_loop, speed_peers, speed_scale, speed_workers
from benchmarks.child import in_this_process
from benchmarks.speed_line import Speed, table
from benchmarks.table import README, machine, paste

PARTS = {
    "loop": speed_loop.lines,
    "peers": speed_peers.lines,
    "scale": speed_scale.lines,
    "workers": speed_workers.lines,
}
MARKER = "bench-speed"
PACKAGES = ("numpy", "torch")


def main(arguments: list[str] | None = None) -> None:
    """Measures; prints a JSON line a measurement, or the table."""
    chosen = _parser().parse_args(arguments)
    found: list[Speed] = []
    with in_this_process() if chosen.small else nullcontext():
        for part in chosen.only:
            for line in PARTS[part](chosen.small, chosen.threads):
                found.append(line)
                shown = json.dumps({"part": part, **line.as_dict()})
                print(shown, file=sys.stdout if chosen.json else sys.stderr, flush=True)
    if not chosen.json:
        print(table(found))
    if chosen.paste:
        paste(MARKER, f"Measured on {machine(PACKAGES)}\n\n{table(found)}")
        print(f"written to {README}", file=sys.stderr)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.speed", description="Measures training and forecasts.")
    parser.add_argument("--only", nargs="+", choices=list(PARTS), default=list(PARTS), metavar="PART")
    cores = range(1, min(2, os.cpu_count() or 1) + 1)
    parser.add_argument("--threads", nargs="+", type=int, default=list(cores), help="each measured; 1 and 2")
    parser.add_argument("--small", action="store_true", help="small panels, few steps, one process: does it work?")
    output = parser.add_mutually_exclusive_group()
    output.add_argument("--json", action="store_true", help="one JSON line a measurement instead of the table")
    output.add_argument("--paste", action="store_true", help="write the table into the README as well")
    return parser


if __name__ == "__main__":
    main()
