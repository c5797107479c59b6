"""Memory and CPU seconds of other processes, from /proc."""

import os
import threading
from pathlib import Path

SECONDS_BETWEEN_LOOKS = 1.0


def cpu_of(pid: int, *, children: bool = False) -> float:
    """CPU seconds that a process has used so far, or those of its children that have ended."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[13:15] if children else fields[11:13])) / os.sysconf("SC_CLK_TCK")


def resident_of(pid: int) -> int:
    """Bytes that are in memory for a process, what it shares with others by its part; 0 for one that has ended."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((1024 * int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)


def children_of(pid: int) -> list[int]:
    """Processes that a process has started and that have not ended."""
    lists = Path(f"/proc/{pid}/task").glob("*/children")
    try:
        return [int(child) for file in lists for child in file.read_text().split()]
    except OSError:
        return []


class Resident:
    """From entering to leaving: the most memory of a server, of a worker, and of the runs that the worker starts.

    flows: of all runs at once. largest: of one.
    """

    def __init__(self, server: int, worker: int) -> None:
        self._pids, self._over = (server, worker), threading.Event()
        self.server = self.worker = self.flows = self.largest = 0
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> "Resident":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        server, worker = self._pids
        while not self._over.wait(SECONDS_BETWEEN_LOOKS):
            runs = [resident_of(child) for child in children_of(worker)]
            self.server = max(self.server, resident_of(server))
            self.worker = max(self.worker, resident_of(worker))
            self.flows, self.largest = max(self.flows, sum(runs)), max(self.largest, *runs, 0)
