"""A night in a process of its own, watched from outside: what each of its steps takes, its workers included."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from typing import IO

from benchmarks.child import ROOT

SECONDS_BETWEEN = 0.1
TICKS = os.sysconf("SC_CLK_TCK")
Memory = Callable[[int], int]  # bytes of a process; 0 once it has ended


@dataclass
class Step:
    """What a step took: seconds by the clock, CPU seconds, and the most bytes at once."""

    name: str
    seconds: float = 0.0
    cpu: float = 0.0
    peak: int = 0


def watched(pipeline: Path, instant: str, memory: Memory) -> list[Step]:
    """The steps of a night in order, from its start on. Raises RuntimeError with its words if it fails."""
    command = [sys.executable, "-m", "benchmarks.memory_night", str(pipeline), instant]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    with (pipeline.parent / "words").open("w+") as words:
        night = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=words, text=True)
        assert night.stdout is not None
        names = ["start"]
        Thread(target=_hear, args=(night.stdout, names), daemon=True).start()
        used: dict[int, float] = {}
        steps, before, since = [Step("start")], 0.0, time.perf_counter()
        while night.poll() is None:
            if names[-1] != steps[-1].name:
                steps[-1].seconds, since = time.perf_counter() - since, time.perf_counter()
                before = sum(used.values())
                steps.append(Step(names[-1]))
            processes = list(_tree(night.pid))
            used |= {process: seconds for process in processes if (seconds := _cpu(process))}
            steps[-1].cpu = sum(used.values()) - before
            steps[-1].peak = max(steps[-1].peak, sum(map(memory, processes)))
            time.sleep(SECONDS_BETWEEN)
        steps[-1].seconds = time.perf_counter() - since
        words.seek(0)
        if night.returncode not in (0, 3):  # whether the gates are content does not matter here
            raise RuntimeError(f"the night ended with {night.returncode}: {words.read()[-2000:]}")
    return steps


def share(process: int) -> int:
    """Bytes resident of a process, its share of those that it has in common with others (the PSS of proc(5))."""
    return _kilobytes(Path(f"/proc/{process}/smaps_rollup"), "Pss:")


def own(process: int) -> int:
    """Bytes resident that are a process's own, without files that it has mapped; quick where there are many."""
    return _kilobytes(Path(f"/proc/{process}/status"), "RssAnon:")


def _kilobytes(file: Path, line: str) -> int:
    with suppress(OSError):
        for text in file.read_text().splitlines():
            if text.startswith(line):
                return 1024 * int(text.split()[1])
    return 0


def _cpu(process: int) -> float:
    with suppress(OSError):
        user, system = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[11:13]
        return (int(user) + int(system)) / TICKS
    return 0.0


def _hear(lines: IO[str], names: list[str]) -> None:
    names.extend(line.strip() for line in lines)


def _tree(process: int) -> Iterator[int]:
    """A process and all that it began."""
    yield process
    with suppress(OSError):  # it has ended
        for file in Path(f"/proc/{process}/task").glob("*/children"):
            for child in file.read_text().split():
                yield from _tree(int(child))
