"""What forecast rows must be before any database sees them."""

from collections.abc import Sequence
from itertools import pairwise

import pyarrow as pa
import pyarrow.compute as pc

from lstm.contestants import FAILED


def fault_of(rows: pa.Table, key: Sequence[str], levels: Sequence[str]) -> str | None:
    """The first broken rule as a sentence, None when all hold.

    key: columns that together name a row. levels: quantile columns, lowest first. Rules: a whole key, of text that
    every database keeps, each once; a forecast and every quantile where the method is not `failed`; finite numbers;
    quantiles that do not cross.
    """
    return (
        _missing_key(rows, key)
        or _with_nul(rows, key)
        or _repeated(rows, key)
        or _unforecast(rows, key, levels)
        or _crossed(rows, key, levels)
    )


def row_name(rows: pa.Table, key: Sequence[str], index: int) -> str:
    """A row as people find it: `origin 'JFK', target 'departures', time 2013-12-31`."""
    cells = [(name, rows[name][index].as_py()) for name in key]
    return ", ".join(f"{name} {value!r}" if isinstance(value, str) else f"{name} {value}" for name, value in cells)


def _missing_key(rows: pa.Table, key: Sequence[str]) -> str | None:
    for name in key:
        if rows[name].null_count:
            return f"{rows[name].null_count} forecast rows have no {name}, which is part of their key"
    return None


def _with_nul(rows: pa.Table, key: Sequence[str]) -> str | None:
    for name in key:
        if pa.types.is_string(rows.schema.field(name).type):
            index = pc.index(pc.match_substring(rows[name], "\0"), True).as_py()
            if index >= 0:
                return f"{row_name(rows, (name,), index)} holds a NUL character, which PostgreSQL cannot keep"
    return None


def _repeated(rows: pa.Table, key: Sequence[str]) -> str | None:
    counts = rows.select(list(key)).group_by(list(key)).aggregate([([], "count_all")])
    if len(counts) == len(rows):
        return None
    repeated = counts.filter(pc.greater(counts["count_all"], 1))
    return (
        f"{repeated['count_all'][0]} forecast rows have one key ({row_name(repeated, key, 0)}); only one can be right"
    )


def _unforecast(rows: pa.Table, key: Sequence[str], levels: Sequence[str]) -> str | None:
    served = pc.not_equal(rows["method"], FAILED) if "method" in rows.column_names else pa.scalar(True)
    for name in ("forecast", *levels):
        values = rows[name].cast(pa.float64())
        empty = pc.and_(pc.is_null(values), served)
        # A comparison with NaN is false, one with infinity too.
        unusable = pc.or_(empty, pc.invert(pc.fill_null(pc.less(pc.abs(values), float("inf")), True)))
        index = pc.index(unusable, True).as_py()
        if index >= 0:
            fault = f"{name} is {values[index].as_py()} for {row_name(rows, key, index)}"
            return f"{fault}; only rows of the method 'failed' have none"
    return None


def _crossed(rows: pa.Table, key: Sequence[str], levels: Sequence[str]) -> str | None:
    for lower, upper in pairwise(levels):
        crossed = pc.fill_null(pc.greater(rows[lower], rows[upper]), False)
        index = pc.index(crossed, True).as_py()
        if index >= 0:
            fault = f"{lower} {rows[lower][index].as_py()} is above {upper} {rows[upper][index].as_py()}"
            return f"quantiles cross for {row_name(rows, key, index)}: {fault}"
    return None
