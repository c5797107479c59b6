"""A folder that is there whole or not at all, and never takes the place of anything."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp

from lstm.errors import ConfigError


@contextmanager
def whole_folder(folder: str | Path) -> Iterator[Path]:
    """A folder beside it to write to, which comes to its place at the end.

    Raises ConfigError where a file, or a folder that holds something, has its name.
    """
    place = Path(folder).expanduser().resolve()
    if place.exists() and (not place.is_dir() or any(place.iterdir())):
        what = "holds something already" if place.is_dir() else "is a file"
        raise ConfigError(f"{place} {what}, and nothing is overwritten; name a folder that is empty or not there yet")
    place.parent.mkdir(parents=True, exist_ok=True)
    part = Path(mkdtemp(prefix=f".{place.name}.", suffix=".part", dir=place.parent))
    try:
        yield part
        part.chmod(0o777 & ~_umask())  # a temporary folder is for its owner alone
        os.rename(part, place)  # takes the place of an empty folder, and fails where something came in meanwhile
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _umask() -> int:
    """The process's mask for new files, which can be asked only by setting it."""
    mask = os.umask(0o022)
    os.umask(mask)
    return mask
