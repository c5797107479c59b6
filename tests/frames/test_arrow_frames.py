"""Frames in and out."""

from datetime import date, datetime

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from lstm.errors import DataError
from lstm.frames.arrow_frames import arrow_table, frame_like, index_remark, time_type, times_like


class Stream:
    """Whatever speaks the PyCapsule interface."""

    def __init__(self, table: pa.Table) -> None:
        self.table = table

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return self.table.__arrow_c_stream__(requested_schema)


TABLE = pa.table({"id": ["a", "b"], "y": [1.0, None]})


@pytest.mark.parametrize("frame", [TABLE, TABLE.to_pandas(), Stream(TABLE)], ids=["pyarrow", "pandas", "PyCapsule"])
def test_every_kind_of_frame_is_read(frame):
    """Law: the same columns, NaN of pandas as missing."""
    assert arrow_table(frame).to_pydict() == TABLE.to_pydict()


def test_polars_goes_in_and_comes_back():
    """By its own type."""
    polars = pytest.importorskip("polars")
    frame = polars.from_arrow(TABLE)
    assert arrow_table(frame).to_pydict() == TABLE.to_pydict()
    assert isinstance(frame_like(TABLE, frame), polars.DataFrame)


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        ("sales.csv", "the frame is a str, not a frame: give a pandas or polars DataFrame, a pyarrow Table"),
        (None, "the frame is a NoneType"),
        ([[1, 2]], "the frame is a list"),
        (np.zeros((2, 2)), "the frame is a ndarray"),
        (pd.Series([1.0]), "the frame is a Series"),
        (TABLE.slice(0, 0), "the frame has no rows"),
        (pd.DataFrame([[1, 2]], columns=["y", "y"]), "the frame has several columns named 'y'"),
        (
            pd.DataFrame({"y": [None, 1, 2.5, "two"]}),
            "column that is not of one type: 'y' is 1 in row 2 and 'two' in row 4; make all text, by .astype",
        ),
        (pd.DataFrame({"y": [2**70]}), "column 'y' of the frame holds values such as 1180591620717411303424 .int"),
        (pd.DataFrame({"y": [1j]}), "column 'y' of the frame holds values such as .*1j.* .complex128., which are not"),
        (
            pd.DataFrame({"y": pd.period_range("2024-01", periods=2, freq="M")}),
            r"column 'y' of the frame holds periods; .*frame\['y'\].dt.to_timestamp\(\)",
        ),
    ],
)
def test_what_is_no_frame_is_refused(frame, message):
    """Law: what it is, and what would do."""
    with pytest.raises(DataError, match=message):
        arrow_table(frame)


def test_a_sparse_column_is_read_whole():
    """Law: with the values that it leaves out."""
    frame = pd.DataFrame({"y": pd.arrays.SparseArray([0.0, 2.0], fill_value=0.0)})
    assert arrow_table(frame)["y"].to_pylist() == [0.0, 2.0]


def test_columns_that_do_not_matter_may_hold_anything():
    """Law: neither mixed values nor a repeated name of other columns refuses a frame."""
    frame = pd.DataFrame([[1, {"a": 1}, 1.0], [2, "b", 1.0]], columns=["y", "note", "note"])
    assert arrow_table(frame, read=["y"])["y"].to_pylist() == [1, 2]


def test_the_index_is_named_where_it_holds_what_is_missing():
    """Law: by its names, or as times without a name; not where a column is there too."""
    frame = pd.DataFrame({"shop": ["a"], "day": ["2024-01-01"], "y": 1.0})
    keyed = frame.set_index(["shop", "day"])
    assert index_remark(keyed, "day", {"shop", "day"}).startswith("; 'shop' and 'day' are its index, which is not read")
    unnamed = frame.set_index(pd.to_datetime(frame["day"]).rename(None)).drop(columns="day")
    assert index_remark(unnamed, "day", {"day"}).endswith("call reset_index(names='day')")
    assert index_remark(unnamed, "day", {"shop"}) == index_remark(TABLE, "day", {"day"}) == ""


UTC_STAMP = pa.timestamp("us", tz="UTC")
NEW_YORK = "America/New_York"
DAY, MIDNIGHT, FOUR = date(2013, 7, 1), datetime(2013, 7, 1), datetime(2013, 7, 1, 4)


@pytest.mark.parametrize(
    ("times", "column", "expected"),
    [
        (pa.array([DAY]), pa.array(["2013-06-30"]), [MIDNIGHT]),
        (pa.array([FOUR], UTC_STAMP), pa.array(["2013-06-30 23:00"]), [MIDNIGHT]),
        (pa.array([FOUR], UTC_STAMP), pa.array([None, "2013-06-30T23:00-0400"]), [pd.Timestamp(FOUR, tz="UTC")]),
        (pa.array([DAY]), pa.array(["2013-06-30T04:00:00Z"]), [pd.Timestamp(FOUR, tz="UTC")]),
        (pa.array([DAY]), pa.array(["30-06-2013"]), [MIDNIGHT]),
        (pa.array([DAY]), pa.array([DAY]), [DAY]),
        (pa.array([7], pa.int64()), pa.array(["7"]), [7]),
        (pa.array([DAY]), pa.array([MIDNIGHT], pa.timestamp("ns")), [pd.Timestamp(MIDNIGHT)]),
        (
            pa.array([DAY]),
            pa.array([MIDNIGHT], pa.timestamp("us", tz=NEW_YORK)),
            [pd.Timestamp(MIDNIGHT, tz=NEW_YORK)],
        ),
        (pa.array([FOUR], UTC_STAMP), pa.array([MIDNIGHT], pa.timestamp("us")), [MIDNIGHT]),
        (pa.array([FOUR], UTC_STAMP), pa.array([MIDNIGHT], UTC_STAMP), [pd.Timestamp(FOUR, tz="UTC")]),
        (pa.array([7], pa.int64()), pa.array([1], pa.int32()), [7]),
    ],
)  # fmt: skip
def test_times_get_the_type_of_the_frames_own(times, column, expected):
    """Law: a forecast can be joined with the frame; days begin where the frame's days do."""
    answer = times_like(pa.chunked_array([times]), time_type(pa.chunked_array([column])), NEW_YORK)
    assert answer.to_pylist() == expected
    if not pa.types.is_string(column.type):
        assert answer.type == column.type
