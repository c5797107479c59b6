"""The page of errors and exit codes, from the classes in `lstm.errors`."""

import inspect

from docs.generator.markdown import code, sentence, table
from lstm import errors
from lstm.errors import ForecastError

INTRODUCTION = """
# Errors and exit codes

Everything that Nightcast refuses on purpose is a `ForecastError`. Its message says what is wrong, where, and what to
do, with the value; a command prints the message alone and ends with the exit code. A traceback is a mistake of
Nightcast's.

## Exit codes

| code | Prefect state | meaning |
|---|---|---|
| 0 | Completed | published; of the other commands: done |
| 0 | Skipped (a kind of Completed) | a scheduled run that came too late; nothing was read or published |
| 3 | Degraded (a kind of Completed) | published, but a step, a series or a sink failed, or the table ended too early |
| 1 | Failed | nothing published; the last forecasts stay current |
| 2 | Failed | a mistake in the pipeline file or on the command line; nothing was begun |

## Kinds

*Tried again* are those that a moment later may not happen any more: a task repeats them with growing pauses. All others
are told at the first attempt.
"""


def kinds() -> list[type[ForecastError]]:
    """Every kind of error, each after the one that it is a kind of."""
    kinds = [kind for _, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, ForecastError)]
    return sorted(kinds, key=_path)


def _path(kind: type[ForecastError]) -> list[str]:
    return [base.__name__ for base in reversed(kind.__mro__) if issubclass(base, ForecastError)]


def page() -> str:
    """The page."""
    rows = [
        (
            code(kind.__name__),
            code(_path(kind)[-2]) if len(_path(kind)) > 1 else "",
            sentence(kind.__doc__),
            str(kind.exit_code),
            "yes" if kind.transient else "",
        )
        for kind in kinds()
    ]
    return f"{INTRODUCTION.strip()}\n\n{table(('error', 'a kind of', 'meaning', 'exit code', 'tried again'), rows)}"
