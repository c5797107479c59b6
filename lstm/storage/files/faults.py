"""Which faults of files pass by themselves, which stay until a person does something, and how both are told."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager

from lstm.errors import StoreError, StoreUnavailableError

# A path that is wrong, a right that is missing, a disk that is full or for reading only, a file larger than may be.
LASTING = {
    errno.ENOENT, errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EISDIR, errno.EEXIST, errno.ENAMETOOLONG,
    errno.EINVAL, errno.ELOOP, errno.ENXIO, errno.ENODEV, errno.ENOEXEC, errno.EFBIG, errno.ENOSPC, errno.EDQUOT,
}  # fmt: skip
FULL = {errno.ENOSPC, errno.EDQUOT}


def passes(error: OSError, *, without_number: bool = True) -> bool:
    """Whether the same may succeed a little later: a busy disk, a lost network drive, a file held by another.

    without_number: the answer where the error has no number, as those of most remote file systems have none.
    """
    return without_number if error.errno is None else error.errno not in LASTING


@contextmanager
def told(place: str, done: str) -> Iterator[None]:
    """Faults of a place in a run's folder as errors of the store; a file that is not there is left to the caller.

    done: `read` or `written`. Raises StoreUnavailableError for what may pass, StoreError for what will not.
    """
    try:
        yield
    except FileNotFoundError:
        raise
    except OSError as error:
        reason = f"{place} cannot be {done}: {error.strerror or error}"
        if passes(error):
            raise StoreUnavailableError(reason) from error
        advice = "free space there" if error.errno in FULL else "mend the folder and its permissions"
        raise StoreError(f"{reason}; {advice}, or name another in store.folder") from error
