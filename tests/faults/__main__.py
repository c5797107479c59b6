"""`make faults`: tries every fault, prints a table of outcomes, and writes it into docs/explanation/crash-safety.md.

`python -m faults [--only NAME …] [--paste]`; the exit code is 1 where an outcome is not as it must be.
"""

import argparse
import sys
import time
import traceback
from pathlib import Path
from tempfile import TemporaryDirectory

from faults import alone, databases, disks, kills, two_nights
from faults.stage import Fault, Stage, Tried, stage

FAULTS: tuple[Fault, ...] = (
    *kills.FAULTS,
    *databases.FAULTS,
    *disks.FAULTS,
    *alone.FAULTS,
    *two_nights.FAULTS,
)
HEAD = "| fault | the run then | brought to its end by | outcome |\n|---|---|---|---|\n"


def row(tried: Tried) -> str:
    """A line of the table."""
    return f"| {tried.fault} | {tried.then} | {tried.again} | {tried.outcome} |\n"


def tried(fault: Fault, place: Stage) -> list[Tried]:
    """What came of a fault; an error of the harness is an outcome too."""
    try:
        return fault(place)
    except Exception as error:  # noqa: BLE001 - told in the table
        traceback.print_exc()
        return [Tried(fault.__name__.replace("_", " "), "", "", [f"{type(error).__name__}: {error}"])]


def main() -> int:
    """Tries the faults asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", nargs="*", help="names of functions")
    parser.add_argument("--folder", type=Path, help="kept afterwards")
    asked = parser.parse_args()
    chosen = [fault for fault in FAULTS if not asked.only or fault.__name__ in asked.only]
    rows: list[Tried] = []
    with TemporaryDirectory() as folder, stage((asked.folder or Path(folder)) / "stage") as place:
        for fault in chosen:
            begun = time.monotonic()
            rows += (found := tried(fault, place))
            print("".join(row(it) for it in found), f"({time.monotonic() - begun:.0f} s)", sep="", flush=True)
    print(HEAD + "".join(row(it) for it in rows))
    return int(any(it.problems for it in rows))


if __name__ == "__main__":
    sys.exit(main())
