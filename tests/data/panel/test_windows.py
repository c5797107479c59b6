"""Windows and splits: no horizon crosses into a later split, whatever the lengths and ends of the series."""

import numpy as np
import pyarrow as pa
import pytest

from lstm.config import Evaluation
from lstm.data.panel.selection import some_series
from lstm.data.panel.windows import (
    SPLITS,
    Splits,
    Windows,
    all_windows,
    mark_windows,
    plan_splits,
    window_tables,
    windows_from_table,
)
from lstm.errors import DataError
from panels import make_panel, windows_of_splits

# Targets of train end at 70, of validation at 85, of the backtest at 100.
BY_HAND = Splits(train_end=70, validation_end=85, cutoff=100, horizon=5, origins=3, stride=5)


def uneven_panel():
    """Series of different lengths and ends: a long one, one that begins late, one that ended early, a tiny one."""
    rng = np.random.default_rng(0)
    lengths = {"long": 100, "late": 40, "ended": 60, "tiny": 3}
    histories = {name: rng.normal(size=length) for name, length in lengths.items()}
    return make_panel(histories, horizon=5, cutoff=100, ends={"ended": 78})


def test_windows_of_some_series_are_those_of_the_panel_of_these_series_alone():
    """Law: in the order of the whole, and with the same cutoffs."""
    panel = uneven_panel()
    windows, chosen = windows_of_splits(panel, BY_HAND), np.array([0, 2])
    part, of_part = some_series(panel, chosen), windows.of_series(panel, chosen)
    kept = np.isin(windows.series, chosen)
    assert 0 < kept.sum() < len(kept)
    assert [part.names[place] for place in of_part.series] == [panel.names[place] for place in windows.series[kept]]
    assert np.array_equal(part.ordinals[of_part.row], panel.ordinals[windows.row[kept]])
    assert np.array_equal(part.targets[of_part.row], panel.targets[windows.row[kept]], equal_nan=True)
    assert np.array_equal(of_part.split, windows.split[kept])
    joined = Windows.joined([windows.of("train"), windows.of("validation"), windows.of("test")])
    assert all(np.array_equal(getattr(joined, name), getattr(windows, name)) for name in ("series", "row", "split"))


def test_no_horizon_reaches_into_a_later_split():
    """Law: the last target of a window lies in its split's span, and so does the first (common calendar times)."""
    panel = uneven_panel()
    windows = windows_of_splits(panel, BY_HAND)
    cutoffs = panel.ordinals[windows.row]
    first, last = cutoffs + 1, cutoffs + 5
    spans = {"train": (-(10**6), 70), "validation": (71, 85), "test": (86, 100)}
    assert len(windows.row) > 100
    for index, name in enumerate(SPLITS):
        inside = windows.split == index
        begin, end = spans[name]
        assert (first[inside] >= begin).all()
        assert (last[inside] <= end).all()


def test_windows_of_the_long_series_are_counted_by_hand():
    """`long` has steps 1..100. Train cutoffs 1..65, validation 70..80, test 85, 90, 95: 65, 11 and 3 windows."""
    windows = windows_of_splits(uneven_panel(), BY_HAND)
    counts = [int(((windows.series == 0) & (windows.split == index)).sum()) for index in range(3)]
    assert counts == [65, 11, 3]


def test_a_window_needs_an_observation_before_and_one_in_its_horizon():
    """`ended` was last seen at 78: its last window with a target ahead has its cutoff at 77, so none is in test."""
    panel = uneven_panel()
    windows = windows_of_splits(panel, BY_HAND)
    ended = panel.ordinals[windows.row[windows.series == 2]]
    assert ended.max() == 77
    assert ended.min() == 19  # first seen at 19


def test_a_horizon_never_reaches_into_the_next_series():
    """Law: the rows of a window's horizon belong to its own series."""
    panel = uneven_panel()
    windows = windows_of_splits(panel, BY_HAND)
    assert (windows.row + 5 < panel.indptr[1:][windows.series]).all()
    assert (panel.row_series[windows.row] == windows.series).all()


def test_the_default_plan_takes_a_fifth_of_the_history():
    """100 daily steps, horizon 5, season 7: stride 5; a fifth is 20 steps, so (20 - 5) // 5 + 1 = 4 origins."""
    panel = make_panel({"a": np.arange(100.0)}, horizon=5, cutoff=100)
    assert plan_splits(panel, Evaluation(), (7,)) == Splits(60, 80, 100, 5, 4, 5)


def test_the_test_cutoffs_end_a_horizon_before_the_cutoff():
    """Three origins, five apart, before a cutoff of 100 with horizon 5."""
    assert BY_HAND.test_cutoffs().tolist() == [85, 90, 95]


def test_a_history_that_is_too_short_is_refused_with_the_numbers():
    """Ten points and horizon 7: refused before training, with both numbers."""
    panel = make_panel({"a": np.arange(10.0), "b": np.arange(10.0)}, horizon=7, cutoff=100)
    with pytest.raises(DataError, match="the median series has 10 steps up to 1970-04-11, 22 are needed"):
        plan_splits(panel, Evaluation(), (7,))


def test_a_split_without_windows_is_refused():
    """A series whose last fortnight is missing has nothing to be judged on."""
    panel = make_panel({"a": np.arange(60.0)}, horizon=5, cutoff=100, ends={"a": 84})
    with pytest.raises(DataError, match="no window with observed targets falls into test"):
        mark_windows(panel, BY_HAND)


def test_a_refit_takes_every_window_up_to_the_cutoff():
    """`long` has cutoffs 1..95 whose horizons end at or before 100."""
    panel = uneven_panel()
    series, rows = all_windows(panel)
    assert panel.ordinals[rows[series == 0]].tolist() == list(range(1, 96))


def test_the_table_holds_every_marked_window_once():
    """Law: the rows of the table are the marked ones, by split, series and time, and it carries the splits."""
    panel = uneven_panel()
    marks = mark_windows(panel, BY_HAND)
    windows = windows_from_table(pa.concat_tables(window_tables(panel, BY_HAND, marks)))
    assert windows.splits == BY_HAND
    expected = np.concatenate([np.flatnonzero(marks == index) for index in range(len(SPLITS))])
    np.testing.assert_array_equal(windows.row, expected)
    np.testing.assert_array_equal(windows.split, marks[expected])
    np.testing.assert_array_equal(windows.series, panel.row_series[expected])
