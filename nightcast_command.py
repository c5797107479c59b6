"""The beginning of the command `nightcast`, in a module whose name nobody else has.

A user's own `flows` on PYTHONPATH would be imported in place of ours, so it is looked for before anything is imported.
"""

import atexit
import os
import runpy
import sys
from pathlib import Path


def main() -> None:
    """Runs the command line; where a package of ours is hidden by another, says so and exits with 2."""
    end = PlainEnd()
    folder = Path(__file__).resolve().parent
    shadowing = runpy.run_path(str(folder / "flows" / "shadowing.py"))
    try:
        shadowing["refuse_shadows"](folder)
    except ImportError as error:
        print(error, file=sys.stderr)
        end.exit(2)
    from flows.cli import main as run_command

    try:
        run_command()
    except SystemExit as ending:
        end.exit(ending.code)
    end.exit(0)


class PlainEnd:
    """Ends the process once everything that waits for its end is done, without taking the interpreter down.

    A refusal may leave a thread of Arrow behind that still reads a file by way of Python. Where it meets an interpreter
    that is being taken down, the process ends by a signal.
    """

    def __init__(self) -> None:
        self.code: int | None = None  # of an end that nobody foresaw, which goes the usual way
        # What is registered first is called last.
        atexit.register(self._leave)

    def exit(self, code: str | int | None) -> None:
        """Exits as `sys.exit` does."""
        if isinstance(code, str):
            print(code, file=sys.stderr)
        self.code = code if isinstance(code, int) else int(code is not None)
        sys.exit(self.code)

    def _leave(self) -> None:
        if self.code is not None:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(self.code)
