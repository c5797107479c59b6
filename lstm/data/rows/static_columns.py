"""Columns with one value a series: numbers as they are, texts as categories."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lstm.data.rows.distinct import distinct_values
from lstm.data.rows.numbers import numbers, numbers_from_text

# A column is one of numbers, in which odd texts are missing, where so many of its different texts are numbers.
NUMBERS_SHARE = 0.75
FEWEST_NUMBERS = 3


@dataclass(frozen=True)
class StaticColumn:
    """A static covariate, row by row.

    values: float64 (R), a number or the place of the row's text in `categories`; NaN where missing. categories: sorted
    texts, none where the column is one of numbers. odd: bool (R), rows whose text is no number in a column of numbers.
    """

    values: np.ndarray
    categories: tuple[str, ...]
    odd: np.ndarray


def static_column(column: pa.ChunkedArray, decimal: str = ".", thousands: str | None = None) -> StaticColumn:
    """A column of numbers, or of texts: numbers where all of these are, or nearly all, else categories."""
    kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
    if not (pa.types.is_string(kind) or pa.types.is_large_string(kind)):
        return StaticColumn(numbers(column), (), np.zeros(len(column), bool))
    code, distinct = distinct_values(column)
    parsed, bad = numbers_from_text(distinct, decimal, thousands)
    place = np.asarray(parsed.to_numpy(zero_copy_only=False))
    known = int(np.count_nonzero(~np.isnan(place)))
    if not bad.any() or known >= max(FEWEST_NUMBERS, NUMBERS_SHARE * (known + bad.sum())):
        return StaticColumn(np.append(place, np.nan)[code], (), np.append(bad, False)[code])
    order = np.asarray(pc.sort_indices(distinct))
    order = order[np.asarray(pc.not_equal(pc.utf8_trim_whitespace(distinct), ""))[order]]
    place = np.full(len(distinct), np.nan)
    place[order] = np.arange(len(order))
    categories = tuple(distinct.take(pa.array(order)).to_pylist())
    return StaticColumn(np.append(place, np.nan)[code], categories, np.zeros(len(column), bool))
