"""Long columns in blocks."""

import numpy as np
import pytest

from lstm.data.panel.blocks import blocks, series_blocks


def test_blocks_cover_all_rows_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Seven rows in blocks of three; no rows, no block."""
    monkeypatch.setattr("lstm.data.panel.blocks.BLOCK_ROWS", 3)
    assert list(blocks(7)) == [slice(0, 3), slice(3, 6), slice(6, 7)]
    assert list(blocks(0)) == []


def test_blocks_of_series_cut_no_series_in_two(monkeypatch: pytest.MonkeyPatch) -> None:
    """Series of 2, 2, 9 and 1 rows begin in rows 0, 2, 4 and 13: a block begins with the first series past each 4."""
    monkeypatch.setattr("lstm.data.panel.blocks.BLOCK_ROWS", 4)
    assert list(series_blocks(np.array([0, 2, 4, 13, 14]))) == [(0, 2), (2, 3), (3, 4)]
