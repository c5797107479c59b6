"""Atomic writes: a file is there whole or not at all, whenever the machine stops."""

import os
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from glob import escape
from pathlib import Path

from lstm.storage.files.processes import started


@contextmanager
def atomic_write(path: Path, before: Callable[[], None] = lambda: None) -> Iterator[Path]:
    """A path beside the file to write to, which replaces the file at the end; makes its folder when it is missing.

    before: is called when all is written but the replacement, which it stops by raising.
    """
    place = path.resolve()  # a link keeps pointing where it did
    place.parent.mkdir(parents=True, exist_ok=True)
    _remove_left_over(place)
    # Two containers on one volume have processes of the same number, and neither sees the other's.
    part = place.with_name(f"{place.name}.{os.getpid()}{_here()}")
    try:
        yield part
        with part.open("rb+") as file:
            os.fsync(file.fileno())
        before()
        os.replace(part, place)
    finally:
        part.unlink(missing_ok=True)


def atomic_write_bytes(path: Path, content: bytes, before: Callable[[], None] = lambda: None) -> None:
    """Replaces the content of a file, whole or not at all. before: see `atomic_write`."""
    with atomic_write(path, before) as part:
        part.write_bytes(content)


def remove_unfinished(folder: Path) -> None:
    """Removes what anybody has begun to write in a folder, so that nothing of it replaces a file any more."""
    for part in folder.rglob("*.part"):
        part.unlink(missing_ok=True)


def _remove_left_over(place: Path) -> None:
    """What processes of this machine that were killed had begun to write; of another's nobody here can tell."""
    for part in place.parent.glob(f"{escape(place.name)}.*{escape(_here())}"):
        pid = part.name.removeprefix(f"{place.name}.").removesuffix(_here())
        if pid.isdigit() and started(int(pid)) is None:
            part.unlink(missing_ok=True)


def _here() -> str:
    return f"@{socket.gethostname()}.part"
