"""A whole night in a process of its own, which says each step as it begins.

Run as `python -m benchmarks.memory_night PIPELINE AS_OF` by `benchmarks.memory`, which watches what it takes.
"""

import sys
from collections.abc import Callable
from dataclasses import fields, replace
from datetime import UTC, datetime
from functools import wraps
from typing import Any

from lstm.steps.champions.contenders import CONTENDERS
from lstm.steps.job import RunRequest, open_job
from lstm.steps.night import carry_out
from lstm.steps.step_functions import PLAIN


def main(pipeline: str, as_of: str) -> None:
    """Runs the night; ends with its exit code and its sentence."""
    job = open_job(RunRequest(pipeline, "retrain", as_of, {}, False), now=datetime.now(UTC))
    steps = {field.name: _told(field.name, getattr(PLAIN, field.name)) for field in fields(PLAIN)}
    outcome, _ = carry_out(job, CONTENDERS["retrain"], replace(PLAIN, **steps))
    print(outcome.sentence, file=sys.stderr)
    sys.exit(outcome.exit_code)


def _told(name: str, step: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(step)
    def told(*arguments: Any, **named: Any) -> Any:
        print(name, flush=True)
        return step(*arguments, **named)

    return told


if __name__ == "__main__":
    main(*sys.argv[1:])
