"""Series ids keep their text: nothing is merged, lost or turned into a number."""

from datetime import UTC, date, datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from lstm.data.rows.bad_rows import BadRows, Policy
from lstm.data.rows.series_keys import SeriesKeys, case_twins, find_series, group_series, look_alikes
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
    """No id becomes a number, a missing value, or another id that looks like it."""
    series = grouped(id=[*ids, *reversed(ids)])
    assert [series.names[code] for code in series.code] == [*ids, *reversed(ids)]
    assert series.code.dtype == np.int32


def test_series_sort_by_the_bytes_of_their_ids() -> None:
    """Law: codes sort as ids do; in UTF-8 an umlaut comes after z, and 10 before 9."""
    assert grouped(id=["ä", "z", "B", "a", "9", "10"]).names == ["10", "9", "B", "a", "z", "ä"]


def test_integer_ids_sort_as_numbers() -> None:
    series = grouped(id=[10, 9, -1, 2**62])
    assert series.keys["id"].to_pylist() == [-1, 9, 10, 2**62]
    assert series.code.tolist() == [2, 1, 0, 3]


def test_several_columns_sort_by_the_first_one_first() -> None:
    series = grouped(shop=["b", "a", "b", "a"], item=["1", "2", "0", "2"])
    assert series.names == ["a/2", "b/0", "b/1"]
    assert series.code.tolist() == [2, 0, 1, 0]


def test_many_columns_of_many_ids_do_not_overflow() -> None:
    """4 columns of 70,000 ids each have 2.4e19 combinations, which no integer holds."""
    ids = [str(number) for number in range(70_000)]
    series = grouped(a=ids, b=ids[::-1], c=ids, d=ids[::-1])
    assert len(series.names) == 70_000
    assert len(set(series.code.tolist())) == 70_000
    assert series.names[series.code[69_999]] == "69999/0/69999/0"


def test_a_table_without_key_columns_is_one_series() -> None:
    series = group_series(pa.table({"y": [1.0, 2.0]}), (), BadRows(2, str), "error")
    assert (series.names, series.code.tolist()) == (["all"], [0, 0])


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
    """Never dropped in silence, never a series called nan."""
    with pytest.raises(DataError, match=rf"column 'id' {why}.*: line 3"):
        grouped(id=["a", odd, "b"])
    bad = BadRows(3, lambda row: f"line {row + 2}")
    series = grouped("set_aside", bad, id=["a", odd, "b"])
    assert (series.names, series.code.tolist()) == (["a", "b"], [0, -1, 1])
    assert [(aside.column, aside.rows, aside.examples) for aside in bad.set_aside] == [("id", 1, ("line 3",))]


def test_a_row_that_is_bad_in_one_column_is_of_no_series() -> None:
    """Its other column makes no series either."""
    bad = BadRows(3, str)
    series = grouped("set_aside", bad, shop=["a", "b", "a"], item=["1", None, "1"])
    assert (series.names, series.code.tolist()) == (["a/1"], [0, -1, 0])


def test_a_table_of_bad_rows_has_no_series() -> None:
    series = grouped("set_aside", id=pa.array([None, ""], pa.string()))
    assert (series.names, series.code.tolist()) == ([], [-1, -1])


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
    """Unicode forms, blanks, and characters that nobody sees."""
    keys = pa.table({"id": [one, other, "else"]})
    assert look_alikes(keys) == [(one, other)]
    assert case_twins(keys) == []


def test_ids_that_differ_in_case_only_are_said_apart() -> None:
    keys = pa.table({"id": ["JFK", "Jfk", "jfk", "lga"], "n": [1, 2, 3, 4]})
    assert look_alikes(keys) == []
    assert case_twins(keys) == [("JFK", "Jfk"), ("JFK", "jfk")]


TEXT, INTEGER, STAMP = pa.string(), pa.int64(), pa.timestamp("us", tz="UTC")
MOMENT = datetime(2024, 1, 1, 6, tzinfo=UTC)


@pytest.mark.parametrize("kind", [TEXT, INTEGER, pa.float64()])
def test_series_are_found_by_all_of_their_key_columns(kind: pa.DataType) -> None:
    """(1, 2) and (2, 1) are two series, (1, 1) is none of them, and a 3 is nowhere."""
    keys = pa.table({"x": pa.array([1, 2]).cast(kind), "y": pa.array([2, 1]).cast(kind)})
    rows = pa.table({"x": pa.array([2, 1, 1, 3]).cast(kind), "y": pa.array([1, 2, 1, 1]).cast(kind)})
    assert find_series(keys, rows).tolist() == [1, 0, -1, -1]


@pytest.mark.parametrize(
    ("key", "same", "others"),
    [
        (pa.array(["a"], TEXT), pa.array(["a"], pa.large_string()), pa.array(["A", "a ", "\u00e4", "", None], TEXT)),
        (pa.array(["bo\u0302h"], TEXT), pa.array(["bo\u0302h"], TEXT), pa.array(["b\u00f4h"], TEXT)),
        (pa.array([7], INTEGER), pa.array(["7"], TEXT), pa.array(["007", "7.0", " 7", "x", None], TEXT)),
        (pa.array(["7"], TEXT), pa.array([7], INTEGER), pa.array([8, None], INTEGER)),
        (pa.array([7], pa.int32()), pa.array([7], INTEGER), pa.array([7 + 2**32, None], INTEGER)),
        (pa.array(["a"], TEXT), pa.array(["a"], TEXT).dictionary_encode(), pa.array(["b"], TEXT).dictionary_encode()),
        (pa.array([date(2024, 1, 1)]), pa.array(["2024-01-01"], TEXT), pa.array(["2024-01-02", "1.1.2024"], TEXT)),
        (pa.array([True]), pa.array(["true"], TEXT), pa.array(["false", "1"], TEXT)),
        (
            pa.array([MOMENT.replace(tzinfo=None)], pa.timestamp("s")),
            pa.array([MOMENT], STAMP),
            pa.array([MOMENT.replace(hour=7), None], STAMP),
        ),
        (
            pa.array([MOMENT], pa.timestamp("us", tz="Asia/Tokyo")),
            pa.array([MOMENT], STAMP),
            pa.array([MOMENT.replace(hour=15)], STAMP),
        ),
    ],
)
def test_keys_of_other_types_are_the_same_where_their_texts_or_moments_are(
    key: pa.Array, same: pa.Array, others: pa.Array
) -> None:
    """A source reads a key as an integer where a CSV has it as text, and a ledger gives all integers 64 bits."""
    keys = pa.table({"id": key})
    assert find_series(keys, pa.table({"id": same})).tolist() == [0]
    assert find_series(keys, pa.table({"id": others})).tolist() == [-1] * len(others)


def test_ids_that_read_the_same_when_they_are_joined_are_two_series() -> None:
    """("a/b", "c") and ("a", "b/c")."""
    keys = pa.table({"x": ["a", "a/b"], "y": ["b/c", "c"]})
    rows = pa.table({"y": ["c", "b/c", "c"], "x": ["a/b", "a", "a"], "time": [1, 2, 3]})
    assert find_series(keys, rows).tolist() == [1, 0, -1]


def test_series_of_many_columns_of_many_ids_are_found() -> None:
    """Without overflow: 5 columns of 70,000 ids have 1.7e24 combinations."""
    ids = [str(number) for number in range(70_000)]
    keys = pa.table({"a": ids, "b": ids[::-1], "c": ids, "d": ids[::-1], "e": ids})
    places = np.array([69_999, 0, 35_000])
    assert find_series(keys, keys.take(pa.array(places))).tolist() == places.tolist()
    assert find_series(keys, pa.table({name: ["1"] for name in keys.column_names})).tolist() == [-1]


def test_without_key_columns_every_row_is_of_the_one_series() -> None:
    assert find_series(pa.table({}), pa.table({"time": [1, 2]})).tolist() == [0, 0]


def test_among_no_series_and_of_no_rows_nothing_is_found() -> None:
    keys = pa.table({"id": ["a", "b"]})
    assert find_series(keys.slice(0, 0), keys).tolist() == [-1, -1]
    assert find_series(keys, keys.slice(0, 0)).tolist() == []


def with_empty(policy: Policy = "error", **columns: list[Any]) -> tuple[SeriesKeys, BadRows]:
    table = pa.table(columns)
    bad = BadRows(len(table), lambda row: f"line {row + 2}")
    return group_series(table, tuple(columns), bad, policy, empty="keep"), bad


def test_an_empty_part_of_a_key_is_an_id_where_that_is_kept() -> None:
    """A missing, an empty and a blank part are one id; a country without provinces is a series."""
    keys, bad = with_empty(province=["North", None, "", " ", "North"], country=["L", "A", "A", "A", "L"])
    assert keys.keys.to_pylist() == [{"province": "", "country": "A"}, {"province": "North", "country": "L"}]
    assert keys.code.tolist() == [1, 0, 0, 0, 1]
    assert keys.names == ["/A", "North/L"]
    assert not bad.mask.any()


def test_a_key_without_any_part_stays_a_bad_row() -> None:
    """Nobody knows whose row it is; it is set aside, or refused with its line."""
    keys, bad = with_empty("set_aside", province=["", "", "North"], country=["A", None, "L"])
    assert keys.code.tolist() == [0, -1, 1]
    assert bad.set_aside[0].examples == ("line 3",)
    with pytest.raises(DataError, match="'province' is empty, and so is all of its key: line 3"):
        with_empty(province=["", "", "North"], country=["A", None, "L"])


def test_an_empty_part_of_a_key_is_refused_with_the_setting_that_keeps_it() -> None:
    """The default: a lost id would make a series that nobody has."""
    with pytest.raises(DataError, match=r'source\.empty_ids = "keep"'):
        grouped(province=["", "North"], country=["A", "L"])
    with pytest.raises(DataError, match="is empty: line 2"):
        group_series(
            pa.table({"id": ["", "a"]}), ("id",), BadRows(2, lambda row: f"line {row + 2}"), "error", empty="keep"
        )


def test_an_integer_part_of_a_key_cannot_be_empty() -> None:
    """It has no empty text."""
    with pytest.raises(DataError, match="'shop' is empty"):
        with_empty(shop=[1, None], item=["a", "b"])
