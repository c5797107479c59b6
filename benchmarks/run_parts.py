"""A run of a flow, in a process of its own, that tells its parts: imports, and what its steps did themselves.

Run as `python -m benchmarks.run_parts PARTS COMMAND PIPELINE AS_OF` by `benchmarks.run_cost`, which knows what the
whole process took. One thread computes, so that a step's own work is what its thread did.
"""

import json
import sys
import time
from collections.abc import Callable, Iterator
from functools import wraps
from pathlib import Path
from typing import Any

from flows.cli.app import app
from flows.cli.startup import permanent_imports, prepare

Work = Callable[..., Any]


def main(parts: str, command: str, pipeline: str, as_of: str) -> None:
    """Runs as the command does, and leaves the CPU seconds of imports and of each step in the file `parts`."""
    prepare()
    with permanent_imports():
        tasks = list(_tasks())
    imports = time.process_time()
    steps: dict[str, float] = {}
    for task in tasks:
        task.fn = _timed(task.fn, task.name, steps)
    try:
        app([command, pipeline, "--as-of", as_of])
    finally:
        Path(parts).write_text(json.dumps({"imports": imports, "steps": steps}), encoding="utf-8")


def _tasks() -> Iterator[Any]:
    """The tasks of the nightly run, each once."""
    from flows.runs.run import TASKS

    yield from vars(TASKS).values()


def _timed(work: Work, name: str, steps: dict[str, float]) -> Work:
    @wraps(work)
    def timed(*arguments: Any, **named: Any) -> Any:
        before = time.thread_time()
        try:
            return work(*arguments, **named)
        finally:
            steps[name] = steps.get(name, 0.0) + time.thread_time() - before

    return timed


if __name__ == "__main__":
    main(*sys.argv[1:])
