"""Times that a table has in several columns: a date and a clock, or a year, a month and a day."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from lstm.data.rows.distinct import distinct_values
from lstm.data.timestamps.strptime import DAY_MICROS


def joined_parts(columns: Sequence[pa.ChunkedArray]) -> pa.ChunkedArray:
    """Dictionary of text (R): the parts of each row with a blank between them; null where one is missing or blank.

    columns: at least one, of R texts, whole numbers, dates, stamps that are midnights, or times of day.
    """
    code, texts = _texts(columns[0])
    for column in columns[1:]:
        next_code, next_texts = _texts(column)
        pair = np.where((code < 0) | (next_code < 0), -1, code.astype(np.int64) * len(next_texts) + next_code)
        code, distinct = pd.factorize(np.append(pair, -1))  # -1 is always among the distinct ones
        present = distinct[distinct >= 0]
        code = np.append(np.cumsum(distinct >= 0) - 1, -1)[code[:-1]]
        code[pair < 0] = -1
        first, second = (present // len(next_texts), present % len(next_texts)) if len(present) else (present, present)
        texts = pc.binary_join_element_wise(texts.take(pa.array(first)), next_texts.take(pa.array(second)), " ")
    indices = pa.array(code.astype(np.int32), mask=code < 0)
    return pa.chunked_array([pa.DictionaryArray.from_arrays(indices, texts)])


def _texts(column: pa.ChunkedArray) -> tuple[np.ndarray, pa.Array]:
    """(int (R) place of each row's text, -1 where it is missing or blank; the distinct texts)."""
    code, distinct = distinct_values(column)
    texts = pc.utf8_trim_whitespace(_written(distinct))
    blank = np.append(np.asarray(pc.equal(texts, "").fill_null(True)), True)
    return np.where(blank[code], -1, code), texts


def _written(values: pa.Array) -> pa.Array:
    """Dates as `2024-01-31`, times of day as `23:00:00`, numbers that are whole without a point."""
    kind = values.type
    if pa.types.is_timestamp(kind):
        micros = values.cast(pa.timestamp("us", tz=kind.tz), safe=False).cast(pa.int64())
        days = np.asarray(micros.fill_null(0))
        is_midnight = not (days % DAY_MICROS).any()
        values = values.cast(pa.date32()) if is_midnight else values
    elif pa.types.is_floating(kind):
        whole = values.cast(pa.int64(), safe=False)
        values = whole if pc.all(pc.equal(whole.cast(kind), values)).as_py() else values
    texts = values.cast(pa.string())
    return pc.replace_substring_regex(texts, r"\.0+$", "") if pa.types.is_time(kind) else texts
