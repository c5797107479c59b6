"""Distinct values of a column, and which of them each row has."""

import numpy as np
import pyarrow as pa


def distinct_values(column: pa.ChunkedArray) -> tuple[np.ndarray, pa.Array]:
    """(int32 (R) position of each row's value, -1 where null; the U distinct values that occur, in no order)."""
    encoded = column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
    chunks = encoded.unify_dictionaries().chunks
    if not chunks:
        return np.zeros(0, np.int32), pa.array([], encoded.type.value_type)
    # A dictionary may hold a value twice, or values that no row has.
    own = chunks[0].dictionary.dictionary_encode()
    code = np.concatenate([np.asarray(chunk.indices.fill_null(-1).cast(pa.int32())) for chunk in chunks])
    merged = np.append(np.asarray(own.indices.fill_null(-1)), -1).astype(np.int32)
    if len(own.dictionary) != len(chunks[0].dictionary):
        code = merged[code]
    used = np.zeros(len(own.dictionary) + 1, bool)
    used[code] = True
    used = used[:-1]
    if used.all():
        return code, own.dictionary
    position = np.append(np.cumsum(used, dtype=np.int32) - 1, -1).astype(np.int32)
    return position[code], own.dictionary.filter(pa.array(used))
