"""The panel as a Parquet table and back."""

from dataclasses import replace
from io import BytesIO
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lstm.data.frequency.aliases import parse_frequency
from lstm.data.panel import blocks
from lstm.data.panel.arrow import panel_from_tables, panel_tables
from lstm.data.panel.panel import Panel
from panels import make_panel


def through_parquet(panel: Panel, **options: object) -> Panel:
    file = BytesIO()
    pq.write_table(pa.concat_tables(panel_tables(panel)), file, compression="zstd", **options)
    return panel_from_tables([pq.read_table(file)])


def two_series(**changes: Any) -> Panel:
    panel = make_panel({"A": [1.0, np.nan, 3.0], "B": [7.0]}, horizon=2, cutoff=19_000)
    return replace(panel, **changes)


FULL = two_series(
    past=np.array([[1, np.nan, 3, np.nan, np.nan, 5, np.nan, np.nan]], np.float32).T,
    past_names=("wind",),
    future=np.arange(16, dtype=np.float32).reshape(8, 2),
    future_names=("plan", "calendar:weekday_sin"),
    static=np.array([[2.5], [np.nan]], np.float32),
    static_names=("size",),
)


@pytest.mark.parametrize(
    "panel",
    [
        FULL,
        two_series(frequency=parse_frequency("15min")),
        two_series(frequency=parse_frequency("ME")),
        two_series(frequency=parse_frequency("5")),
        two_series(keys=pa.table({"id": pa.array([-3, 2**62], pa.int64())})),
        two_series(keys=pa.table({"a": ["Köln", "ボス"], "b": ["x/y", ""]})),
        two_series(keys=pa.table({"a": ["B", "A"], "b": pa.array([1, 2], pa.int64())})),
        replace(make_panel({"all": [1.0, 2.0]}, horizon=1, cutoff=5), keys=pa.table([], names=[])),
        make_panel({"A": [5_000_000.1, np.nan]}, horizon=3, cutoff=5, dtype=np.float64),
    ],
    ids=["full", "minutes", "months", "integers", "integer keys", "unicode", "two keys", "no key", "double"],
)
def test_a_panel_comes_back_equal_from_parquet(panel: Panel) -> None:
    """A panel written and read again is equal."""
    back = through_parquet(panel)
    assert back.fingerprint == panel.fingerprint
    assert back.names == panel.names
    assert back.keys.equals(panel.keys)
    assert back.targets.dtype == panel.targets.dtype


def test_row_groups_smaller_than_a_series_change_nothing() -> None:
    """Each row group may have its own dictionary of keys."""
    assert through_parquet(FULL, row_group_size=3).fingerprint == FULL.fingerprint


@pytest.mark.parametrize("rows", [1, 2, 3, 5, 8])
def test_a_panel_comes_back_equal_from_parts_of_any_length(rows: int) -> None:
    """Parts may begin and end within a series."""
    table = pa.concat_tables(panel_tables(FULL))
    back = panel_from_tables(table.slice(first, rows) for first in range(0, len(table), rows))
    assert back.fingerprint == FULL.fingerprint
    assert back.keys.equals(FULL.keys)


def test_a_block_of_series_has_a_dictionary_of_its_own_ids(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not of all ids, or a file would grow with the square of the series."""
    monkeypatch.setattr(blocks, "BLOCK_ROWS", 4)
    panel = make_panel({name: [1.0, 2.0] for name in "abcdef"}, horizon=2, cutoff=1)
    tables = list(panel_tables(panel))
    assert [table["id"].chunk(0).dictionary.to_pylist() for table in tables] == [[name] for name in "abcdef"]
    assert panel_from_tables(tables).keys.equals(panel.keys)


def test_the_texts_of_categories_come_back_and_belong_to_the_content() -> None:
    """Law: 0 and 1 of other texts are another panel."""
    named = replace(FULL, categories=(("big", "small"),))
    assert through_parquet(named).categories == (("big", "small"),)
    assert through_parquet(named).fingerprint == named.fingerprint
    assert replace(FULL, categories=(("big", "tiny"),)).fingerprint != named.fingerprint


def test_a_row_is_a_step_with_its_keys_time_and_channels() -> None:
    """Day 19,000 after 1970 is 2022-01-08; series B has only that day and the horizon."""
    table = pa.concat_tables(panel_tables(FULL))
    rows = table.slice(5).to_pylist()
    assert [str(row["time"]) for row in rows] == ["2022-01-08", "2022-01-09", "2022-01-10"]
    assert rows[0] == rows[0] | {"id": "B", "y": 7.0, "wind": 5.0, "plan": 10.0, "size": None}
    assert rows[1]["y"] is None
    assert table.schema.names == ["id", "time", "y", "wind", "plan", "calendar:weekday_sin", "size"]


def test_a_channel_named_time_does_not_hide_the_time() -> None:
    panel = two_series(target_names=("time",))
    assert next(panel_tables(panel)).schema.names == ["id", "time", "time_"]
    assert through_parquet(panel).fingerprint == panel.fingerprint
    assert through_parquet(panel).target_names == ("time",)


def test_ids_that_join_to_one_name_have_different_fingerprints() -> None:
    """("a/b", "c") and ("a", "b/c") both read a/b/c."""
    one = two_series(keys=pa.table({"k": ["a/b", "z"], "l": ["c", "z"]}))
    other = two_series(keys=pa.table({"k": ["a", "z"], "l": ["b/c", "z"]}))
    assert one.names == other.names
    assert one.fingerprint != other.fingerprint


def test_a_text_id_and_an_integer_id_have_different_fingerprints() -> None:
    text, number = pa.array(["1", "2"]), pa.array([1, 2], pa.int64())
    assert two_series(keys=pa.table({"k": text})).fingerprint != two_series(keys=pa.table({"k": number})).fingerprint


@pytest.mark.parametrize(
    "change",
    [{"cutoff": 19_001}, {"horizon": 3}, {"target_names": ("z",)}, {"frequency": parse_frequency("2D")},
     {"targets": np.nan_to_num(FULL.targets)}, {"past_names": ("rain",)}, {"static": np.zeros((2, 1), np.float32)}],
)  # fmt: skip
def test_any_change_of_content_changes_the_fingerprint(change: dict[str, Any]) -> None:
    assert replace(FULL, **change).fingerprint != FULL.fingerprint
