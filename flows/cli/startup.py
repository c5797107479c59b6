"""Settings of Prefect's embedded server, for a machine on which nothing was set up. What the user has set stays."""

import gc
import os
from collections.abc import Iterator
from contextlib import contextmanager

DEFAULTS = {
    # A fresh database is migrated first, which took 21 CPU seconds on a slow machine; Prefect gives up after 20.
    "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "120",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "DO_NOT_TRACK": "1",
    # The library's own messages appear with the run in the Prefect UI.
    "PREFECT_LOGGING_EXTRA_LOGGERS": "flows,tasks,lstm",
    # A folder of the user's that is called `flows` or `tasks` must not be imported in place of ours.
    "PYTHONSAFEPATH": "1",
    # Read when torch is loaded. Threads that spin while they wait take the cores from whoever else needs them: two
    # trainings at once on two cores took 60 s each for what takes 9 s alone, and 12 s with threads that sleep.
    "OMP_WAIT_POLICY": "PASSIVE",
    # The terminal is left to the command, which says the same in fewer words.
    "PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL": "CRITICAL",
}


def prepare() -> None:
    """Sets the environment variables that Prefect reads, where they are not set; before anything imports it."""
    for name, value in DEFAULTS.items():
        os.environ.setdefault(name, value)


@contextmanager
def permanent_imports() -> Iterator[None]:
    """Keeps what is imported in its body from being searched for garbage, now and when the process ends.

    Prefect and torch make some million objects that all stay. Searching them again and again took 1.9 of 5.8 CPU
    seconds of a process that imports `flows.retrain` and ends.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
