"""Distinct values of a column: each once, only those that occur, whatever the chunks and their dictionaries."""

import pyarrow as pa
import pytest

from lstm.data.rows.distinct import distinct_values

TWICE = pa.DictionaryArray.from_arrays(pa.array([2, 0, None], pa.int8()), ["b", "x", "b"])


@pytest.mark.parametrize(
    "chunks",
    [
        [],
        [pa.array(["a", None, "b", "a"])],
        [pa.array(["a"]).dictionary_encode(), pa.array(["b", None, "a"]).dictionary_encode()],
        [TWICE],
        [pa.array(["unused", "a"]).dictionary_encode().slice(1)],
        [pa.DictionaryArray.from_arrays(pa.array([1, 0]), pa.array(["a", None]))],
        [pa.array([1, None, 2, 1])],
    ],
)
def test_positions_and_values_give_the_column_back(chunks: list[pa.Array]) -> None:
    column = pa.chunked_array(chunks, None if chunks else pa.string())
    code, distinct = distinct_values(column)
    assert code.dtype == "int32"
    assert [None if place < 0 else distinct[place].as_py() for place in code.tolist()] == column.to_pylist()
    assert sorted(distinct.to_pylist()) == sorted(set(column.to_pylist()) - {None})


def test_positions_may_be_written_to_and_the_column_stays() -> None:
    column = pa.chunked_array([pa.array(["a", "b"]).dictionary_encode()])
    code, _ = distinct_values(column)
    code[:] = -1
    assert column.to_pylist() == ["a", "b"]
