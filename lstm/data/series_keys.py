"""Series keys: which series a row belongs to. Ids keep their text, and sort by bytes."""

import unicodedata
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from lstm.data.distinct import distinct_values
from lstm.data.panel import series_names
from lstm.errors import DataError


@dataclass(frozen=True)
class SeriesKeys:
    """S series, sorted by their key columns. keys: S rows. code: int64 (R), the series of each row of the table."""

    keys: pa.Table
    code: np.ndarray

    @cached_property
    def names(self) -> list[str]:
        """Each series as people read it; `all` for a table that is one series."""
        return series_names(self.keys) if self.keys.num_columns else ["all"]


def group_series(table: pa.Table, columns: tuple[str, ...]) -> SeriesKeys:
    """Groups the rows of a table by its key columns; one series of all rows when there is none.

    Raises DataError that names the column and row of an empty id.
    """
    code = np.zeros(len(table), np.int64)
    values: list[pa.Array] = []
    ranks: list[np.ndarray] = []
    for name in columns:
        rank, distinct = _ranked(table[name], name)
        values.append(distinct)
        code = code * len(distinct) + rank
        # Ranks in order of the values, so that equal codes sort as their keys do; densely, so that none overflows.
        code, kept = _dense(code)
        ranks = [previous[kept // len(distinct)] for previous in ranks] + [kept % len(distinct)]
    arrays = [distinct.take(pa.array(rank)) for distinct, rank in zip(values, ranks, strict=True)]
    return SeriesKeys(pa.table(arrays, names=list(columns)), code)


def _ranked(column: pa.ChunkedArray, name: str) -> tuple[np.ndarray, pa.Array]:
    """(int64 (R) rank of each value, distinct values in order); text sorts by bytes."""
    code, distinct = distinct_values(column)
    _refuse_empty(code, distinct, name)
    order = np.asarray(pc.sort_indices(distinct)).astype(np.int64)
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    return rank[code], distinct.take(pa.array(order))


def _refuse_empty(code: np.ndarray, distinct: pa.Array, name: str) -> None:
    blank = np.zeros(len(distinct) + 1, bool)
    blank[-1] = True
    if pa.types.is_string(distinct.type):
        blank[:-1] = np.asarray(pc.equal(pc.utf8_trim_whitespace(distinct), ""))
    empty = blank[code]
    if empty.any():
        raise DataError(
            f"series column {name!r} is empty in {int(empty.sum())} rows, first in data row "
            f"{int(np.flatnonzero(empty)[0]) + 1}; give these rows an id or leave them out in the source"
        )


def _dense(code: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(codes from 0 without gaps and in the same order, the distinct old codes in order)."""
    codes, distinct = pd.factorize(code)
    order = np.argsort(distinct)
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    return rank[codes], distinct[order]


def look_alikes(keys: pa.Table) -> list[tuple[str, str]]:
    """Pairs of ids of one column that are spelled differently in Unicode and look the same."""
    pairs = []
    for column in keys.columns:
        if not pa.types.is_string(column.type):
            continue
        distinct = column.unique()
        seen: dict[str, str] = {}
        for text in distinct.filter(pc.invert(pc.string_is_ascii(distinct))).to_pylist():
            other = seen.setdefault(unicodedata.normalize("NFC", text), text)
            if other != text:
                pairs.append((other, text))
    return pairs
