"""Errors of files: which may pass by themselves, which last until a person acts, and what is raised for either."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

from lstm.errors import StoreError, StoreUnavailableError

# A path that is wrong, a right that is missing, a disk that is full or for reading only, a file larger than may be.
LASTING = {
    errno.ENOENT, errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EISDIR, errno.EEXIST, errno.ENAMETOOLONG,
    errno.EINVAL, errno.ELOOP, errno.ENXIO, errno.ENODEV, errno.ENOEXEC, errno.EFBIG, errno.ENOSPC, errno.EDQUOT,
}  # fmt: skip
FULL = {errno.ENOSPC, errno.EDQUOT}
# Packages by which fsspec reaches object stores, and words in the names of those of their errors that last.
REMOTE = {"adlfs", "aiobotocore", "aiohttp", "azure", "botocore", "gcsfs", "google", "requests", "s3fs", "urllib3"}
LASTING_WORDS = ("Auth", "Config", "Credential", "Param", "Profile", "Region", "Unknown")


def passes(error: OSError, *, without_number: bool = True) -> bool:
    """Whether the same may succeed a little later: a busy disk, a lost network drive, a file held by another.

    without_number: the answer where the error has no number, as those of most remote file systems have none.
    """
    return without_number if error.errno is None else error.errno not in LASTING


@contextmanager
def store_errors(place: str, *, action: Literal["read", "written"]) -> Iterator[None]:
    """Turns errors of the operating system into errors of the store; FileNotFoundError is left to the caller.

    place: path or URL of a file of a run. action: what was done with it.
    Raises StoreUnavailableError for what may pass, StoreError for what will not.
    """
    try:
        yield
    except FileNotFoundError:
        raise
    except OSError as error:
        reason = f"{place} cannot be {action}: {error.strerror or error}"
        if passes(error):
            raise StoreUnavailableError(reason) from error
        advice = "free space there" if error.errno in FULL else "mend the folder and its permissions"
        raise StoreError(f"{reason}; {advice}, or name another in store.folder") from error
    except Exception as error:
        # An object store that is away is told by errors of its own package, which are none of the operating system.
        kind = type(error)
        if kind.__module__.partition(".")[0] not in REMOTE:
            raise
        reason = f"{place} cannot be {action}: {kind.__name__}: {error}"
        if any(word in kind.__name__ for word in LASTING_WORDS):
            raise StoreError(f"{reason}; give the machine what it asks for, or name another in store.folder") from error
        raise StoreUnavailableError(reason) from error
