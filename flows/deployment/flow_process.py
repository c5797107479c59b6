"""The process of a flow run under `nightcast serve`: Prefect's engine, after imports that search for no garbage."""

import os
import runpy
import sys

from flows.cli.startup import permanent_imports


def main() -> None:
    """Carries out the flow run that the environment names."""
    os.setsid()  # Ctrl+C in a terminal is for the worker, which ends its runs
    with permanent_imports():
        import flows.runs.run  # noqa: F401
    sys.modules.pop("prefect.engine", None)  # else it is there twice, of which runpy warns
    runpy.run_module("prefect.engine", run_name="__main__")


if __name__ == "__main__":
    main()
