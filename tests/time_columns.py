"""Time columns of a few rows, read as a run reads them."""

from typing import Any

import numpy as np
import pyarrow as pa

from lstm.data.rows.bad_rows import BadRows
from lstm.data.timestamps.parse import TimeRules, Times, read_times

INSTANT = pa.timestamp("us", tz="UTC")


def times(
    values: list[Any] | pa.Array,
    *,
    layout: str | None = None,
    zone: str = "UTC",
    time_type: pa.DataType | None = None,
    series: list[int] | None = None,
    bad: BadRows | None = None,
    **policies: Any,
) -> Times:
    column = pa.chunked_array([values if isinstance(values, pa.Array) else pa.array(values)])
    row_series = np.array(series or [0] * len(column), np.int32)
    rules = TimeRules("ds", layout, zone, time_type, row_series, ["A", "B"], **policies)
    return read_times(column, rules, bad or BadRows(len(column), lambda row: f"line {row + 2}"))


def shown(parsed: Times) -> list[str | None]:
    """The time of each row: `2024-01-31`, `2024-01-31 23:00Z`."""
    texts = [str(text).replace(":00.000000", "") for text in parsed.values.cast(pa.string()).to_pylist()]
    return [texts[code] if code >= 0 else None for code in parsed.code.tolist()]
