"""`make faults`: tries every fault, prints a table of outcomes, and with --paste puts it into its page of the docs.

`python -m faults [--only NAME …] [--paste]`; the exit code is 1 where an outcome is not as it must be.
"""

import argparse
import signal
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from faults import alone, crowd, databases, disks, kills, ray, two_nights
from faults.stage import Fault, Stage, Tried, stage

from benchmarks.table import markdown, paste
from pages import ROOT

FAULTS: tuple[Fault, ...] = (
    *kills.FAULTS,
    *databases.FAULTS,
    *disks.FAULTS,
    *alone.FAULTS,
    *two_nights.FAULTS,
    *crowd.FAULTS,
    *ray.FAULTS,
)
HEAD = ("fault", "the run then", "brought to its end by", "at the end")
PAGE = ROOT / "docs" / "explanation" / "crash-safety.md"


def tried(fault: Fault, place: Stage) -> Iterator[Tried]:
    """What came of a fault; an error of the harness is an outcome too."""
    try:
        yield from fault(place)
    except Exception as error:  # noqa: BLE001 - told in the table
        traceback.print_exc()
        yield Tried(fault.__name__.replace("_", " "), "", "", [f"{type(error).__name__}: {error}"])


def cells(it: Tried) -> tuple[str, str, str, str]:
    """A line of the table."""
    return it.fault, it.then, it.again, it.outcome


def _module(fault: Fault) -> str:
    return fault.__module__.rpartition(".")[2]


def main() -> int:
    """Tries the faults asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", nargs="*", help="names of modules and functions")
    parser.add_argument("--folder", type=Path, help="kept afterwards")
    parser.add_argument("--paste", action="store_true", help=f"into {PAGE.relative_to(ROOT)}")
    asked = parser.parse_args()
    # Whoever starts this in the background hands down an ignored SIGINT, with which a worker ignores SIGTERM too.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    chosen = [fault for fault in FAULTS if not asked.only or {fault.__name__, _module(fault)} & set(asked.only)]
    outcomes: list[Tried] = []
    with TemporaryDirectory() as folder, stage((asked.folder or Path(folder)) / "stage") as place:
        for fault in chosen:
            for it in tried(fault, place):
                outcomes.append(it)
                print(" | ".join(cells(it)), flush=True)
    table = markdown(HEAD, [cells(it) for it in outcomes])
    print(table)
    if asked.paste:
        paste("faults", table, PAGE)
    return int(any(it.problems for it in outcomes))


if __name__ == "__main__":
    sys.exit(main())
