"""Imports of what a run needs, which are most of what a short run costs."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def imported_for_good() -> Iterator[None]:
    """Imports in its body are not searched for garbage, neither now nor when the process ends.

    Prefect and torch make some million objects that all stay. Searching them again and again took 1.9 of 5.8 CPU
    seconds of a process that imports `flows.retrain` and ends.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
