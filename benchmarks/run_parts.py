"""A run of a flow, in a process of its own, that tells its parts: imports, and what its steps did themselves.

Run as `python -m benchmarks.run_parts PARTS FLOW PIPELINE AS_OF` by `benchmarks.run_cost`, which knows what the whole
process took. One thread computes, so that a step's own work is what its thread did.
"""

import json
import sys
import time
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any


def main(parts: str, flow_name: str, pipeline: str, as_of: str) -> None:
    """Runs as the command does, and leaves the CPU seconds of imports and of each step in the file `parts`."""
    from flows.cli import app
    from flows.embedded import prepare

    prepare()
    import flows.forecast
    import flows.run
    import flows.retrain  # isort: skip
    from prefect import Task

    imports = time.process_time()
    steps: dict[str, float] = {}
    for module in (flows.run, flows.retrain, flows.forecast):
        for task in vars(module).values():
            if isinstance(task, Task) and task.name not in steps:
                steps[task.name] = 0.0
                task.fn = _timed(task.fn, task.name, steps)
    try:
        app([flow_name, pipeline, "--as-of", as_of])
    finally:
        Path(parts).write_text(
            json.dumps({"imports": imports, "steps": steps, "end": time.process_time()}), encoding="utf-8"
        )


def _timed(work: Callable[..., Any], name: str, steps: dict[str, float]) -> Callable[..., Any]:
    @wraps(work)
    def timed(*arguments: Any, **named: Any) -> Any:
        before = time.thread_time()
        try:
            return work(*arguments, **named)
        finally:
            steps[name] += time.thread_time() - before

    return timed


if __name__ == "__main__":
    main(*sys.argv[1:])
