"""Long columns in blocks, so that what is computed on the way takes no memory to speak of."""

from collections.abc import Iterator
from itertools import pairwise

import numpy as np

BLOCK_ROWS = 1 << 20


def blocks(rows: int) -> Iterator[slice]:
    """Consecutive slices that cover `rows` rows."""
    for start in range(0, rows, BLOCK_ROWS):
        yield slice(start, min(start + BLOCK_ROWS, rows))


def series_blocks(indptr: np.ndarray) -> Iterator[tuple[int, int]]:
    """(first series, the one after the last) of blocks of whole series. indptr: int64 (S + 1)."""
    block = indptr[:-1] // BLOCK_ROWS
    starts = np.flatnonzero(np.append(True, np.diff(block) > 0)[: len(block)])
    yield from pairwise([*starts.tolist(), len(block)])
