"""Distinct values of a column, and which of them each row has."""

import numpy as np
import pyarrow as pa


def distinct_values(column: pa.ChunkedArray) -> tuple[np.ndarray, pa.Array]:
    """(int32 (R) position of each row's value, -1 where null; the U distinct values that occur, in no order).

    The positions are a copy, which the caller may change.
    """
    is_encoded = pa.types.is_dictionary(column.type)
    chunks = (unified(column) if is_encoded else column.dictionary_encode()).chunks
    if not chunks:
        return np.zeros(0, np.int32), pa.array([], column.type.value_type if is_encoded else column.type)
    code = np.concatenate([_codes(chunk) for chunk in chunks])
    if not is_encoded:
        return code, chunks[-1].dictionary
    # A dictionary that comes with the column may hold a value twice, or values that no row has. Encoding it again gives
    # equal values one place; places that no row has are left out, and those after them move up.
    encoded = chunks[0].dictionary.dictionary_encode()
    place = np.append(np.asarray(encoded.indices.fill_null(-1)), -1).astype(np.int32)
    used = np.zeros(len(encoded.dictionary) + 1, bool)
    used[place[_occurring(code, len(place))]] = True
    used[-1] = False
    kept = np.append(np.cumsum(used[:-1], dtype=np.int32) - 1, np.int32(-1))[place]
    if not np.array_equal(kept[:-1], np.arange(len(kept) - 1)):
        code = kept[code]
    return code, encoded.dictionary if used[:-1].all() else encoded.dictionary.filter(pa.array(used[:-1]))


def unified(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """A column whose chunks have one dictionary; as it is where they have, or where it is not dictionary-encoded.

    Making one reads the dictionary of every chunk.
    """
    if not pa.types.is_dictionary(column.type):
        return column
    places = {_place(chunk.dictionary) for chunk in column.chunks}
    return column if len(places) == 1 else column.unify_dictionaries()


def _place(values: pa.Array) -> tuple[int, ...]:
    """Where an array lies in memory."""
    addresses = (0 if buffer is None else buffer.address for buffer in values.buffers())
    return (values.offset, len(values), *addresses)


def _codes(chunk: pa.DictionaryArray) -> np.ndarray:
    indices = chunk.indices.cast(pa.int32())
    return np.asarray(indices.fill_null(-1) if indices.null_count else indices)


def _occurring(code: np.ndarray, size: int) -> np.ndarray:
    """bool (size): positions that occur; the last one is that of null."""
    occurs = np.zeros(size, bool)
    occurs[code] = True
    return occurs
