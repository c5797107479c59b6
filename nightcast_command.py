"""The beginning of the command `nightcast`, in a module whose name nobody else has.

A user's own `flows` on PYTHONPATH would be imported in place of ours, so it is looked for before anything is imported.
"""

import runpy
import sys
from pathlib import Path


def main() -> None:
    """Runs the command line; where a package of ours is hidden by another, says so and exits with 2."""
    folder = Path(__file__).resolve().parent
    shadowing = runpy.run_path(str(folder / "flows" / "shadowing.py"))
    try:
        shadowing["refuse_shadows"](folder)
    except ImportError as error:
        print(error, file=sys.stderr)
        sys.exit(2)
    from flows.cli import main as run_command

    run_command()
