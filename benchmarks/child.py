"""What a step takes, measured in a process of its own: seconds, CPU seconds and peak memory.

A step is a function that prepares and answers what is to be measured, a function without arguments; both are named
and not sent, so that nothing of the parent is in the child. Imports and preparation do not count, nor does what comes
after: where the measured function answers another function, that one is called when all has been measured.

Whether a benchmark works at all needs no process of its own for each step: see `in_this_process`.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")
_here = False


@dataclass(frozen=True)
class Measured:
    """What a step took. seconds: wall clock. cpu: seconds over all threads. found: what it answered, as JSON.

    peak: the most bytes that were resident at once, less those that were before.
    """

    seconds: float
    cpu: float
    peak: int
    found: dict[str, Any]


@contextmanager
def in_this_process() -> Iterator[None]:
    """Steps run here, where other steps have left their memory and caches: for `--small`, whose numbers say nothing."""
    global _here
    _here = True
    try:
        yield
    finally:
        _here = False


def measure(step: str, *, python: Path | None = None, **arguments: object) -> Measured:
    """Runs a step, `module:function`, in a child process. Raises RuntimeError with the child's words if it fails.

    python: another interpreter, which needs to have only what the step imports. Where the step is told of `threads`, so
    are the libraries that ask the environment when they are imported.
    """
    if _here and python is None:
        return _measured(step, arguments)
    command = [str(python or sys.executable), "-m", "benchmarks.child", step, json.dumps(arguments)]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    if "threads" in arguments:
        environment |= {name: str(arguments["threads"]) for name in THREADS} | {"OMP_WAIT_POLICY": "PASSIVE"}
    ended = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    if ended.returncode:
        raise RuntimeError(f"{step} failed: {ended.stderr[-2000:]}")
    return Measured(**json.loads(ended.stdout.splitlines()[-1]))


def median_of(step: str, repeats: int, **arguments: Any) -> Measured:
    """The run of median wall time among an odd number of runs, with the highest peak of all."""
    runs = sorted((measure(step, **arguments) for _ in range(repeats)), key=lambda run: run.seconds)
    middle = runs[repeats // 2]
    return Measured(middle.seconds, middle.cpu, max(run.peak for run in runs), middle.found)


def _measured(step: str, arguments: dict[str, Any]) -> Measured:
    module, _, name = step.partition(":")
    work = getattr(import_module(module), name)(**arguments)
    before = _resident("VmRSS")
    # 5 sets the high-water mark back to what is resident now (proc(5), clear_refs).
    Path("/proc/self/clear_refs").write_text("5")
    wall, cpu = time.perf_counter(), time.process_time()
    found = work()
    seconds, cpu = time.perf_counter() - wall, time.process_time() - cpu
    peak = _resident("VmHWM") - before
    found = found() if callable(found) else found
    return Measured(seconds, cpu, peak, found)


def _resident(line: str) -> int:
    """Bytes, from a line of /proc/self/status."""
    status = Path("/proc/self/status").read_text().splitlines()
    return 1024 * next(int(row.split()[1]) for row in status if row.startswith(f"{line}:"))


if __name__ == "__main__":
    print(json.dumps(asdict(_measured(sys.argv[1], json.loads(sys.argv[2])))))
