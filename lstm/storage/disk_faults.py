"""Which faults of files pass by themselves, and which stay until a person does something."""

import errno

# A path that is wrong, a right that is missing, a disk for reading only, a file larger than may be.
LASTING = {
    errno.ENOENT, errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EISDIR, errno.EEXIST, errno.ENAMETOOLONG,
    errno.EINVAL, errno.ELOOP, errno.ENXIO, errno.ENODEV, errno.ENOEXEC, errno.EFBIG,
}  # fmt: skip


def passes(error: OSError, *, without_number: bool = True) -> bool:
    """Whether the same may succeed a little later: a busy or full disk, a lost network drive, a file held by another.

    without_number: the answer where the error has no number, as those of most remote file systems have none.
    """
    return without_number if error.errno is None else error.errno not in LASTING
