"""Series keys: which series a row belongs to. Ids keep their text, sort by bytes and are compared by bytes."""

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lstm.data.rows.bad_rows import BadRows, Policy
from lstm.data.rows.distinct import distinct_values

# In characters. PostgreSQL's indexes end at 2,700 bytes; MariaDB's end earlier, and its tables say so themselves.
LONGEST_ID = 1_000

# Zero-width characters, soft hyphens, joiners and byte-order marks: nobody sees them.
_UNSEEN = r"[\x{00AD}\x{200B}-\x{200F}\x{2060}\x{FEFF}]"

_EMPTY_ADVICE = (
    'give the row an id, leave it out in the source, or set source.empty_ids = "keep" where one empty part of a key of '
    "several columns means something"
)


@dataclass(frozen=True)
class SeriesKeys:
    """S series, sorted by their key columns. keys: S rows. code: int32 (R), the series of each row, -1 for bad rows."""

    keys: pa.Table
    code: np.ndarray

    @cached_property
    def names(self) -> list[str]:
        """Each series as people read it; `all` for a table that is one series."""
        return series_names(self.keys) if self.keys.num_columns else ["all"]


def group_series(
    table: pa.Table,
    columns: tuple[str, ...],
    bad: BadRows,
    policy: Policy,
    *,
    empty: Literal["error", "keep"] = "error",
) -> SeriesKeys:
    """Groups the rows of a table by its key columns; one series of all rows when there is none.

    An id that is empty, too long or holds a NUL makes its row bad. Rows that are bad already belong to no series.
    empty: whether a part of a key may be empty, which is an id like any other then; not all parts of it may be.
    """
    keep = empty == "keep" and len(columns) > 1
    parts = [_with_empty_texts(table[name]) if keep else table[name] for name in columns]
    if keep:
        nothing = np.logical_and.reduce([_is_empty(part) for part in parts])
        bad.reject(
            nothing, policy, column=columns[0], reason="is empty, and so is all of its key", advice=_EMPTY_ADVICE
        )
    ranked = [_ranked(part, name, bad, policy, keep=keep) for name, part in zip(columns, parts, strict=True)]
    if not bad.mask.any() and len(ranked) == 1:
        code, distinct = ranked[0]
        return SeriesKeys(pa.table([distinct], names=list(columns)), code)
    code = np.where(bad.mask, np.int32(-1), np.int32(0))
    good: np.ndarray | slice = ~bad.mask if bad.mask.any() else slice(None)
    ranks: list[np.ndarray] = []
    for rank, distinct in ranked:
        # Ranks in order of the values, so that equal codes sort as their keys do; densely, so that none overflows.
        code[good], kept = _dense(code[good], rank[good], len(distinct))
        ranks = [previous[kept // len(distinct)] for previous in ranks] + [kept % len(distinct)]
    arrays = [distinct.take(pa.array(rank)) for (_, distinct), rank in zip(ranked, ranks, strict=True)]
    return SeriesKeys(pa.table(arrays, names=list(columns)), code)


def _with_empty_texts(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Ids with one text for all that are missing or show nothing, the empty one; integers as they are."""
    code, distinct = distinct_values(column)
    if not pa.types.is_string(distinct.type):
        return column
    texts = pa.concat_arrays([pc.if_else(_shows_nothing(distinct), "", distinct), pa.array([""])])
    indices = pa.array(np.where(code < 0, np.int32(len(distinct)), code))
    return pa.chunked_array([pa.DictionaryArray.from_arrays(indices, texts)])


def _is_empty(column: pa.ChunkedArray) -> np.ndarray:
    """bool (R): ids that are missing, or the empty text."""
    code, distinct = distinct_values(column)
    nothing = np.asarray(pc.equal(distinct, ""), bool) if pa.types.is_string(distinct.type) else np.zeros(len(distinct))
    return np.asarray(np.append(nothing, 1.0)[code].astype(bool))


def _shows_nothing(texts: pa.Array) -> pa.Array:
    return pc.equal(pc.utf8_trim_whitespace(pc.replace_substring_regex(texts, _UNSEEN, "")), "")


def _ranked(
    column: pa.ChunkedArray, name: str, bad: BadRows, policy: Policy, *, keep: bool
) -> tuple[np.ndarray, pa.Array]:
    """(int32 (R) rank of each value, distinct values in order); text sorts by bytes. keep: the empty text is an id."""
    code, distinct = distinct_values(column)
    _reject(code, distinct, name, bad, policy, keep=keep)
    order = np.asarray(pc.sort_indices(distinct))
    if (order[:-1] < order[1:]).all():
        return code, distinct
    rank = np.full(len(order) + 1, -1, np.int32)
    rank[order] = np.arange(len(order), dtype=np.int32)
    return rank[code], distinct.take(pa.array(order))


def _reject(code: np.ndarray, distinct: pa.Array, name: str, bad: BadRows, policy: Policy, *, keep: bool) -> None:
    faults = [("is empty", pc.is_null(distinct), True, _EMPTY_ADVICE)]
    if pa.types.is_string(distinct.type):
        empty = pa.array(np.zeros(len(distinct), bool)) if keep else _shows_nothing(distinct)
        long = pc.greater(pc.utf8_length(distinct), LONGEST_ID)
        faults = [
            ("is empty", empty, True, _EMPTY_ADVICE),
            (
                "holds a NUL character, which no database keeps,",
                pc.match_substring(distinct, "\0"),
                False,
                "mend the id",
            ),
            (f"is longer than {LONGEST_ID} characters,", long, False, "databases cut such keys; shorten the id"),
        ]
    for reason, fault, null, advice in faults:
        of_value = np.append(np.asarray(fault, bool), null)
        if of_value[:-1].any() or (null and len(code) and code.min() < 0):
            bad.reject(of_value[code], policy, column=name, reason=reason, advice=advice)


def _dense(code: np.ndarray, rank: np.ndarray, ranks: int) -> tuple[np.ndarray, np.ndarray]:
    """(int32 codes of the pairs, from 0 without gaps and in their order; the distinct code * ranks + rank)."""
    # A pair is one number, code * ranks + rank. Marking the numbers that occur and counting the marks up to each makes
    # them dense in their order, without a sort; where marks would take too much room for the rows, a hash table does.
    size = (int(code.max()) + 1 if len(code) else 0) * ranks
    if size > max(4 * len(code), 1_000_000):
        return _dense_by_hash(code.astype(np.int64) * ranks + rank)
    pair = code.astype(np.int64 if size > np.iinfo(np.int32).max else np.int32) * ranks + rank
    occurs = np.zeros(size, bool)
    occurs[pair] = True
    return (np.cumsum(occurs, dtype=np.int32) - 1)[pair], np.flatnonzero(occurs)


def _dense_by_hash(pair: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    import pandas as pd  # not at the top: a worker that only trains needs none of it

    codes, distinct = pd.factorize(pair)
    order = np.argsort(distinct)
    rank = np.empty(len(order), np.int32)
    rank[order] = np.arange(len(order), dtype=np.int32)
    return rank[codes], distinct[order]


def find_series(keys: pa.Table, rows: pa.Table) -> np.ndarray:
    """int64 (R): for each row of keys, the place of its series in `keys`; -1 where it has none, or lacks a key.

    keys: S rows, all different; without columns there is one series, which every row belongs to. rows: R rows with the
    columns of `keys` and any others. Columns of one type are compared as they are, text by bytes; of two types as text,
    so that 7 is "7" but not "007"; a stamp without a zone is UTC.
    """
    # A group is a combination of the columns so far. Each further column splits the groups of the series, and is looked
    # up among the splits: groups stay below S, so that no number of columns or of their values overflows.
    group_of_series, group_of_row = np.zeros(len(keys), np.int64), np.zeros(len(rows), np.int64)
    for name in keys.column_names:
        values, row_values = _comparable(keys[name], rows[name])
        distinct = pc.unique(values)
        value_of_series, value_of_row = _places(values, distinct), _places(row_values, distinct)
        splits, group_of_series = np.unique(group_of_series * len(distinct) + value_of_series, return_inverse=True)
        known = (group_of_row >= 0) & (value_of_row >= 0)
        split_of_row = np.where(known, group_of_row * len(distinct) + value_of_row, -1)
        group_of_row = _places(pa.array(split_of_row), pa.array(splits))
    return np.append(np.argsort(group_of_series), -1)[group_of_row] if keys.num_columns else group_of_row


def _comparable(column: pa.ChunkedArray, row_column: pa.ChunkedArray) -> tuple[pa.ChunkedArray, pa.ChunkedArray]:
    """A key column of the series and of the rows, in one type."""
    column, row_column = (
        values.cast(values.type.value_type) if pa.types.is_dictionary(values.type) else values
        for values in (column, row_column)
    )
    if column.type == row_column.type:
        return column, row_column
    stamps = pa.types.is_timestamp(column.type) and pa.types.is_timestamp(row_column.type)
    shared = pa.timestamp("us", tz="UTC") if stamps else pa.string()
    return column.cast(shared), row_column.cast(shared)


def _places(values: pa.Array | pa.ChunkedArray, distinct: pa.Array) -> np.ndarray:
    """int64: the place of each value among the distinct ones; -1 for none of them, and for null."""
    return np.asarray(pc.index_in(values, value_set=distinct).cast(pa.int64()).fill_null(-1))


def look_alikes(keys: pa.Table) -> list[tuple[str, str]]:
    """Pairs of ids of one column that look the same: by Unicode form, blanks or characters that nobody sees."""
    return [pair for column in _texts(keys) for pair in _pairs(column, _as_seen(column))]


def case_twins(keys: pa.Table) -> list[tuple[str, str]]:
    """Pairs of ids of one column that look different by upper and lower case only."""
    pairs = []
    for column in _texts(keys):
        seen = _as_seen(column).unique()
        pairs += _pairs(seen, pc.utf8_lower(seen))
    return pairs


def _texts(keys: pa.Table) -> list[pa.Array]:
    return [pc.unique(column) for column in keys.columns if pa.types.is_string(column.type)]


def _as_seen(texts: pa.Array) -> pa.Array:
    composed = pc.utf8_normalize(pc.replace_substring_regex(texts, _UNSEEN, ""), form="NFKC")
    return pc.utf8_trim_whitespace(pc.replace_substring_regex(composed, r"\s+", " "))


def _pairs(texts: pa.Array, seen: pa.Array) -> list[tuple[str, str]]:
    """(first, later one) of the texts that are seen as the same."""
    encoded = seen.dictionary_encode()
    group = np.asarray(encoded.indices)
    first = np.unique(group, return_index=True)[1]
    later = np.setdiff1d(np.arange(len(group)), first)
    firsts, seconds = texts.take(pa.array(first[group[later]])), texts.take(pa.array(later))
    return list(zip(firsts.to_pylist(), seconds.to_pylist(), strict=True))


KEY_SEPARATOR = "/"


def series_names(keys: pa.Table) -> list[str]:
    """Key columns (at least one) of each row, joined by `/`."""
    parts = [column.combine_chunks().cast(pa.string()) for column in keys.columns]
    return list(pc.binary_join_element_wise(*parts, KEY_SEPARATOR).to_pylist())
