"""How far apart the times of each series are."""

from collections import Counter
from datetime import date, timedelta
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lstm.data.frequency import steps
from lstm.data.frequency.steps import count_steps

DAY = 86_400


@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 30)), max_size=60), st.sampled_from([1, 7, 1_000]))
@settings(max_examples=60, deadline=None)
def test_steps_are_those_of_each_series_in_any_order_and_block(rows: list[tuple[int, int]], block: int) -> None:
    """Law: the same as sorting the days of each series and looking at neighbours, whatever the size of a block."""
    series = np.array([one for one, _ in rows], np.int32)
    code = np.array([day for _, day in rows], np.int32)
    values = pa.array([date(1969, 12, 20) + timedelta(days=day) for day in range(31)])
    expected: Counter[int] = Counter()
    for one in set(series.tolist()):
        own = sorted({day for other, day in rows if other == one})
        expected.update((later - sooner) * DAY for sooner, later in pairwise(own))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(steps, "BLOCK_ROWS", block)
        assert count_steps(values, code, series, np.ones(len(rows), bool)) == dict(expected)


def test_rows_that_do_not_count_are_left_out() -> None:
    """Bad rows have the code -1, in both columns."""
    values = pa.array([3, 8, 20], pa.int64())
    code, series = np.array([0, 1, -1, 2], np.int32), np.array([0, 0, -1, 0], np.int32)
    assert count_steps(values, code, series, np.array([True, True, False, True])) == {5: 1, 12: 1}


def test_of_a_large_table_some_series_are_counted_and_of_one_of_few_series_all(monkeypatch) -> None:
    """Three of six series, each second one, where six are enough to choose from; all six where they are not."""
    monkeypatch.setattr(steps, "COUNTED_ROWS", 6)
    values = pa.array(range(4), pa.int64())
    series, code = np.repeat(np.arange(6, dtype=np.int32), 2), np.tile(np.array([0, 3], np.int32), 6)
    all_rows = np.ones(12, bool)
    monkeypatch.setattr(steps, "FEWEST_SERIES", 3)
    assert count_steps(values, code, series, all_rows) == {3: 3}
    monkeypatch.setattr(steps, "FEWEST_SERIES", 4)
    assert count_steps(values, code, series, all_rows) == {3: 6}
