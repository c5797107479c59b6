"""The ground for files: atomic writes, errors of the disk, and which processes live."""
