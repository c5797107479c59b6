"""Frames of pandas, pyarrow and polars (or whoever speaks Arrow's PyCapsule interface), in and out."""

import re
import sys
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from lstm.errors import DataError
from lstm.storage.sources.plain_columns import is_text

OFFSET = re.compile(r":\d\d.*(Z| UTC|[+-]\d\d:?\d\d)$", re.IGNORECASE)
SUPPORTED = "give a pandas or polars DataFrame, a pyarrow Table, or anything with __arrow_c_stream__"


def arrow_table(frame: Any, name: str = "the frame") -> pa.Table:
    """The columns of a frame as an Arrow table; the index of pandas is left out.

    name: how a refusal calls the frame. Raises DataError for what is no frame, has a column of mixed values, two
    columns of one name, or no rows.
    """
    if _is_of("pandas", frame):
        _refuse_repeated(list(frame.columns), name)
    table = _table(frame, name)
    _refuse_repeated(table.column_names, name)
    if not len(table):
        raise DataError(f"{name} has no rows")
    return table


def _refuse_repeated(columns: list[str], name: str) -> None:
    repeated = next((column for column in columns if columns.count(column) > 1), None)
    if repeated is not None:
        raise DataError(f"{name} has several columns named {repeated!r}; rename all but one", column=repeated)


def _table(frame: Any, name: str) -> pa.Table:
    if isinstance(frame, pa.Table):
        return frame
    if _is_of("pandas", frame):
        try:
            return pa.Table.from_pandas(frame, preserve_index=False)
        except (pa.ArrowException, TypeError, ValueError) as error:
            told = "; ".join(map(str, error.args))
            raise DataError(f"{name} has a column that is not of one type: {told}") from error
    try:
        if hasattr(frame, "__arrow_c_stream__"):
            return pa.table(frame)
    except (pa.ArrowException, TypeError, ValueError):
        pass  # a single column speaks that interface too
    raise DataError(f"{name} is a {type(frame).__name__}, not a frame: {SUPPORTED}", value=type(frame).__name__)


def index_names(frame: Any) -> tuple[str, ...]:
    """Names of the index of a pandas frame, which are no columns; none for other frames."""
    return tuple(str(name) for name in frame.index.names if name is not None) if _is_of("pandas", frame) else ()


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
