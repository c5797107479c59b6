"""One process at a time in a folder: a lock that ends with its process, and leaves no file behind."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

try:
    import fcntl
except ModuleNotFoundError:  # Windows
    fcntl = None  # type: ignore[assignment]

WAIT_SECONDS = 60.0
POLL_SECONDS = 0.05


@contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Holds the folder, which is made where it is missing, while the block lasts. Nobody is kept from reading.

    Some file systems, such as most network drives, lock no folder; there everybody goes on at once.
    Raises TimeoutError when another process does not let go of it within a minute.
    """
    folder.mkdir(parents=True, exist_ok=True)
    handle = os.open(folder, os.O_RDONLY) if fcntl is not None else None
    try:
        if handle is not None:
            _lock(handle, folder)
        yield
    finally:
        if handle is not None:
            os.close(handle)


def _lock(handle: int, folder: Path) -> None:
    until = time.monotonic() + WAIT_SECONDS
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            if time.monotonic() > until:
                raise TimeoutError(f"another process has been writing into {folder} for {WAIT_SECONDS:.0f} s") from None
        except OSError:
            return
        time.sleep(POLL_SECONDS)
