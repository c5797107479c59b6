"""Frames of pandas, pyarrow and polars (or whoever speaks Arrow's PyCapsule interface), in and out."""

import re
import sys
from collections.abc import Collection
from numbers import Number
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lstm.errors import DataError
from lstm.storage.sources.plain_columns import is_text

OFFSET = re.compile(r":\d\d.*(Z| UTC|[+-]\d\d:?\d\d)$", re.IGNORECASE)
SUPPORTED = "give a pandas or polars DataFrame, a pyarrow Table, or anything with __arrow_c_stream__"


def arrow_table(frame: Any, name: str = "the frame", read: Collection[str] | None = None) -> pa.Table:
    """The columns of a frame as an Arrow table; the index of pandas is left out.

    name: how a refusal calls the frame. read: the columns that matter, all when left out; what others of pandas hold
    is not looked at, and null. Raises DataError for what is no frame, has a column of mixed values, two columns of one
    name, or no rows.
    """
    table = _pandas_table(frame, name, read) if _is_of("pandas", frame) else _stream_table(frame, name)
    names = [column for column in table.column_names if read is None or column in read]
    repeated = next((column for column in names if names.count(column) > 1), None)
    if repeated is not None:
        raise DataError(f"{name} has several columns named {repeated!r}; rename all but one", column=repeated)
    if not len(table):
        raise DataError(f"{name} has no rows")
    return table


def _stream_table(frame: Any, name: str) -> pa.Table:
    if isinstance(frame, pa.Table):
        return frame
    try:
        if hasattr(frame, "__arrow_c_stream__"):
            return pa.table(frame)
    except (pa.ArrowException, TypeError, ValueError):
        pass  # a single column speaks that interface too
    raise DataError(f"{name} is a {type(frame).__name__}, not a frame: {SUPPORTED}", value=type(frame).__name__)


def _pandas_table(frame: Any, name: str, read: Collection[str] | None) -> pa.Table:
    labels = [str(label) for label in frame.columns]
    columns = [
        _pandas_column(frame.iloc[:, place], label, name) if read is None or label in read else pa.nulls(len(frame))
        for place, label in enumerate(labels)
    ]
    return pa.table(columns, names=labels)


def _pandas_column(column: Any, label: str, name: str) -> pa.Array | pa.ChunkedArray:
    if isinstance(column.dtype, sys.modules["pandas"].PeriodDtype):
        raise DataError(
            f"column {label!r} of {name} holds periods; give the times at which they start: "
            f"frame[{label!r}].dt.to_timestamp()",
            column=label,
        )
    if isinstance(column.dtype, sys.modules["pandas"].SparseDtype):
        column = column.sparse.to_dense()
    try:
        return pa.array(column, from_pandas=True)
    except (pa.ArrowException, TypeError, ValueError, OverflowError) as error:
        raise _unreadable(column, label, name) from error


def _unreadable(column: Any, label: str, name: str) -> DataError:
    """Says which value of a column is of another type than the first, or of which type all are."""
    rows = np.flatnonzero(column.notna())
    first = column.iloc[rows[0]]
    kind = _kind(first)
    row = next((int(row) for row in rows if _kind(column.iloc[row]) != kind), None)
    if row is None:
        return DataError(
            f"column {label!r} of {name} holds values such as {first!r} ({type(first).__name__}), which are not "
            "understood; make them numbers, text or times",
            column=label,
            value=first,
        )
    value = column.iloc[row]
    return DataError(
        f"{name} has a column that is not of one type: {label!r} is {first!r} in row {rows[0] + 1} and {value!r} in "
        f"row {row + 1}; make all text, by .astype(str), or all numbers, by pandas.to_numeric",
        column=label,
        line=row + 1,
        value=value,
    )


def _kind(value: object) -> type:
    return Number if isinstance(value, Number) else type(value)


def index_remark(frame: Any, time: str, absent: Collection[str]) -> str:
    """What to do about columns that a pandas frame lacks because its index holds them; empty where it does not."""
    if not _is_of("pandas", frame):
        return ""
    names = [name for name in frame.index.names if name in absent]
    if names:
        verb = "is its index" if len(names) == 1 else "are its index"
        return f"; {' and '.join(map(repr, names))} {verb}, which is not read: call reset_index()"
    if time in absent and str(frame.index.dtype).startswith(("datetime64", "period")):
        return f"; its index holds times, and is not read: call reset_index(names={time!r})"
    return ""


def frame_like(table: pa.Table, frame: Any) -> Any:
    """A table as a frame of the same kind as `frame`: pandas, polars, else pyarrow."""
    if _is_of("pandas", frame):
        return table.to_pandas()
    if _is_of("polars", frame):
        return sys.modules["polars"].from_arrow(table)
    return table


def _is_of(package: str, frame: Any) -> bool:
    """Whether a value is a DataFrame of a package, which is then loaded already."""
    module = sys.modules.get(package)
    return module is not None and isinstance(frame, module.DataFrame)


def time_type(column: pa.ChunkedArray) -> pa.DataType:
    """The type of a time column; for text that of stamps, with a zone where its first value has an offset."""
    if not is_text(column.type):
        return column.type
    first = str(pc.first(column.cast(pa.string()), skip_nulls=True))
    return pa.timestamp("us", tz="UTC" if OFFSET.search(first) else None)


def times_like(times: pa.ChunkedArray, kind: pa.DataType, time_zone: str) -> pa.ChunkedArray:
    """Times of a grid in the type of a frame's own time column, so that both can be joined.

    times: dates, instants in UTC, or integers. kind: see `time_type`. time_zone: where days begin, and in which stamps
    without a zone are meant.
    """
    if not pa.types.is_timestamp(kind):
        alike = any(same(kind) and same(times.type) for same in (pa.types.is_integer, pa.types.is_date))
        return times.cast(kind) if alike else times
    if pa.types.is_integer(times.type):
        return times
    if pa.types.is_date(times.type):
        midnights = times.cast(pa.timestamp("us"))
        if kind.tz is None:
            return midnights.cast(kind)
        return pc.assume_timezone(midnights, time_zone, ambiguous="earliest", nonexistent="latest").cast(kind)
    if kind.tz is not None:
        return times.cast(kind)
    return pc.local_timestamp(times.cast(pa.timestamp("us", tz=time_zone))).cast(kind)
