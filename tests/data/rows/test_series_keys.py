"""Series ids keep their text: nothing is merged, lost or turned into a number."""

from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from lstm.data.rows.bad_rows import BadRows, Policy
from lstm.data.rows.series_keys import SeriesKeys, case_twins, group_series, look_alikes
from lstm.errors import DataError


def grouped(policy: Policy = "error", bad: BadRows | None = None, **columns: list[Any]) -> SeriesKeys:
    table = pa.table(columns)
    return group_series(table, tuple(columns), bad or BadRows(len(table), lambda row: f"line {row + 2}"), policy)


@pytest.mark.parametrize(
    "ids",
    [
        ["007", "7", "07"],
        ["NA", "NE", "None", "nan", "NULL"],
        ["1234567890123456788", "1234567890123456789", "12345678901234567890"],
        ["1", "1.0", "1e0"],
        ["bo\u0302h", "b\u00f4h"],
        ["a", "a ", "A", "\u200ba"],
        ["x" * 1_000],
    ],
)
def test_ids_keep_their_text(ids: list[str]) -> None:
    """Issue 3, cases 13 to 16."""
    found = grouped(id=[*ids, *reversed(ids)])
    assert [found.names[code] for code in found.code] == [*ids, *reversed(ids)]
    assert found.code.dtype == np.int32


def test_series_sort_by_the_bytes_of_their_ids() -> None:
    """Law: codes sort as ids do; in UTF-8 an umlaut comes after z, and 10 before 9."""
    assert grouped(id=["ä", "z", "B", "a", "9", "10"]).names == ["10", "9", "B", "a", "z", "ä"]


def test_integer_ids_sort_as_numbers() -> None:
    found = grouped(id=[10, 9, -1, 2**62])
    assert found.keys["id"].to_pylist() == [-1, 9, 10, 2**62]
    assert found.code.tolist() == [2, 1, 0, 3]


def test_several_columns_sort_by_the_first_one_first() -> None:
    found = grouped(shop=["b", "a", "b", "a"], item=["1", "2", "0", "2"])
    assert found.names == ["a/2", "b/0", "b/1"]
    assert found.code.tolist() == [2, 0, 1, 0]


def test_many_columns_of_many_ids_do_not_overflow() -> None:
    """4 columns of 70,000 ids each have 2.4e19 combinations, which no integer holds."""
    ids = [str(number) for number in range(70_000)]
    found = grouped(a=ids, b=ids[::-1], c=ids, d=ids[::-1])
    assert len(found.names) == 70_000
    assert len(set(found.code.tolist())) == 70_000
    assert found.names[found.code[69_999]] == "69999/0/69999/0"


def test_a_table_without_key_columns_is_one_series() -> None:
    found = group_series(pa.table({"y": [1.0, 2.0]}), (), BadRows(2, str), "error")
    assert (found.names, found.code.tolist()) == (["all"], [0, 0])


@pytest.mark.parametrize(
    ("odd", "why"),
    [
        (None, "is empty"),
        ("", "is empty"),
        (" \t", "is empty"),
        ("\u200b", "is empty"),
        ("a\0b", "holds a NUL character"),
        ("x" * 1_001, "is longer than 1000 characters"),
    ],
)
def test_an_id_that_no_database_keeps_is_refused_or_set_aside(odd: str | None, why: str) -> None:
    """Issue 3, case 17: never dropped in silence, never a series called nan."""
    with pytest.raises(DataError, match=rf"column 'id' {why}.*: line 3"):
        grouped(id=["a", odd, "b"])
    bad = BadRows(3, lambda row: f"line {row + 2}")
    found = grouped("set_aside", bad, id=["a", odd, "b"])
    assert (found.names, found.code.tolist()) == (["a", "b"], [0, -1, 1])
    assert [(one.column, one.rows, one.examples) for one in bad.found] == [("id", 1, ("line 3",))]


def test_a_row_that_is_bad_in_one_column_is_of_no_series() -> None:
    """Its other column makes no series either."""
    bad = BadRows(3, str)
    found = grouped("set_aside", bad, shop=["a", "b", "a"], item=["1", None, "1"])
    assert (found.names, found.code.tolist()) == (["a/1"], [0, -1, 0])


def test_a_table_of_bad_rows_has_no_series() -> None:
    found = grouped("set_aside", id=pa.array([None, ""], pa.string()))
    assert (found.names, found.code.tolist()) == ([], [-1, -1])


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("b\u00f4h", "bo\u0302h"),
        ("Berlin", "Berlin "),
        ("Berlin", "Ber\u200blin"),
        ("New York", "New\u00a0York"),
        ("New York", "New  York"),
        ("A1", "\uff211"),
    ],
)
def test_ids_that_look_the_same_are_said(one: str, other: str) -> None:
    """Issue 3, case 16: Unicode forms, blanks, and characters that nobody sees."""
    keys = pa.table({"id": [one, other, "else"]})
    assert look_alikes(keys) == [(one, other)]
    assert case_twins(keys) == []


def test_ids_that_differ_in_case_only_are_said_apart() -> None:
    keys = pa.table({"id": ["JFK", "Jfk", "jfk", "lga"], "n": [1, 2, 3, 4]})
    assert look_alikes(keys) == []
    assert case_twins(keys) == [("JFK", "Jfk"), ("JFK", "jfk")]
