"""Columns in their roles' types, and tables of several files brought together."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from lstm.config import Source
from lstm.data.rows.bad_rows import BadRows, Policy
from lstm.errors import SourceError
from lstm.storage.sources.typed_columns import KEY_TEXT, joined, refuse_missing, typed

SOURCE = Source.model_validate(
    {"path": "in.csv", "series": ["id"], "time": "ds", "targets": ["y"], "static_covariates": ["kind"]}
)
GOOD: dict[str, list[Any]] = {"id": ["A", "B"], "ds": [date(2024, 1, 1)] * 2, "y": [1.5, None], "kind": ["x", "y"]}


def rows(policy: Policy = "error", declared: tuple[str, ...] = (), **columns: Any) -> tuple[pa.Table, BadRows]:
    """Typed rows with these columns; the others are plain."""
    first = next(iter(columns.values()))
    table = pa.table({name: values[:1] * len(first) for name, values in GOOD.items()} | columns)
    bad = BadRows(len(table), lambda row: f"row {row + 1}", error=SourceError)
    return typed(table, SOURCE.roles, SOURCE, "in.csv", bad, policy, declared=declared), bad


def marked(table: pa.Table, **marks: Any) -> pa.Table:
    settings = SOURCE.model_copy(update=marks)
    bad = BadRows(len(table), lambda row: f"row {row + 1}", error=SourceError)
    return typed(table, settings.roles, settings, "in.csv", bad, "error")


# Roles


def test_what_is_right_already_is_not_copied() -> None:
    numbers = pa.array([1.5, 2.5])
    ids = pa.array(["A", "B"]).dictionary_encode()
    table, _ = rows(id=ids, y=numbers)
    assert table["y"].chunk(0).buffers()[1].address == numbers.buffers()[1].address
    assert table["id"].chunk(0).indices.buffers()[1].address == ids.indices.buffers()[1].address


def test_texts_in_a_number_column_are_refused_with_their_rows_and_the_setting() -> None:
    with pytest.raises(SourceError) as refusal:
        rows(y=["1", "12,5", "7", "8,25"])
    assert str(refusal.value) == (
        "a value of column 'y' is not a number: '12,5' in row 2, '8,25' in row 4; set source.decimal = \",\" if '12,5' "
        'means 12.5, mend the rows, leave them empty, or set source.bad_rows = "set_aside"'
    )


def test_rows_with_such_a_text_are_set_aside_and_their_numbers_are_null() -> None:
    table, bad = rows("set_aside", y=["1", "err", "n/a", "2"])
    assert table["y"].to_pylist() == [1.0, None, None, 2.0]
    assert bad.mask.tolist() == [False, True, False, False]
    assert [(one.column, one.rows, one.examples) for one in bad.set_aside] == [("y", 1, ("'err' in row 2",))]


def test_a_word_for_missing_is_a_fault_where_a_database_declares_numbers() -> None:
    """Law: NULL is there to say it; a blank is what an import makes of an empty cell."""
    with pytest.raises(SourceError, match=r"'n/a' in row 2, 'err' in row 4; write NULL where a value is missing, mend"):
        rows(y=["1", "n/a", " ", "err"], declared=("y",))
    table, bad = rows("set_aside", y=["1", "n/a", " ", "err"], declared=("y",))
    assert table["y"].to_pylist() == [1.0, None, None, None]
    assert bad.mask.tolist() == [False, True, False, True]


@pytest.mark.parametrize(
    ("values", "text"),
    [
        (pa.array([2**64 - 1, 7], pa.uint64()), ["18446744073709551615", "7"]),
        (
            pa.array([Decimal("12345678901234567890.00"), Decimal(7)], pa.decimal128(22, 2)),
            ["12345678901234567890", "7"],
        ),
        (pa.array([True, False]), ["true", "false"]),
        (pa.array(["007", None]).cast(pa.large_string()), ["007", None]),
        (pa.array([b"a", b"b"]), ["a", "b"]),
    ],
)
def test_ids_are_exact_text(values: pa.Array, text: list[str]) -> None:
    """Unsigned and decimal ids are text whatever their size: a type does not depend on the rows of a day."""
    table, _ = rows(id=values)
    assert table["id"].type == KEY_TEXT
    assert table["id"].to_pylist() == text


def test_fractions_of_a_microsecond_are_refused_by_row_or_set_aside() -> None:
    stamps = pa.array([1000, 1001, None], pa.timestamp("ns"))
    with pytest.raises(SourceError, match=r"'ds' has fractions of a microsecond: '1970-.*000001001' in row 2; mend it"):
        rows(ds=stamps)
    table, bad = rows("set_aside", ds=stamps)
    assert table["ds"].cast(pa.int64()).to_pylist() == [1, None, None]
    assert bad.mask.tolist() == [False, True, False]


@pytest.mark.parametrize("unit", ["s", "ms"])
def test_stamps_beyond_all_microseconds_are_bad_rows(unit: str) -> None:
    table, bad = rows("set_aside", ds=pa.array([0, 2**62], pa.timestamp(unit)))
    assert table["ds"].to_pylist() == [datetime(1970, 1, 1), None]
    assert bad.set_aside[0].reason == "lies outside of the years 1 to 9999"


def test_whole_times_beyond_64_bits_are_bad_rows() -> None:
    table, bad = rows("set_aside", ds=pa.array([7, 2**64 - 1], pa.uint64()))
    assert table["ds"].to_pylist() == [7, None]
    assert bad.mask.tolist() == [False, True]


def test_times_that_are_fractions_stay_numbers_for_the_time_format() -> None:
    """Excel's days and Unix's seconds, as pandas writes them."""
    assert rows(ds=[45000.5, float("nan")])[0]["ds"].to_pylist() == [45000.5, None]


@pytest.mark.parametrize(
    ("name", "values", "why"),
    [
        ("id", [1.5], "series column 'id' is double, which does not hold ids exactly"),
        ("id", [b"\xff"], "column 'id' is binary and holds bytes that are no UTF-8 text"),
        ("y", [[1.0]], "column 'y' is list<item: double>, which holds several values a row"),
        ("y", [date(2024, 1, 1)], r"column 'y' is date32.*, not a number"),
        ("ds", [True], "time column 'ds' is bool; dates, time stamps, text and numbers are understood"),
    ],
)
def test_a_type_without_a_meaning_in_its_role_is_refused_by_name(name: str, values: list[Any], why: str) -> None:
    with pytest.raises(SourceError, match=rf"^in\.csv: {why}"):
        rows("error", (), **{name: values})


def test_a_missing_column_among_thousands_is_refused_with_those_that_are_alike() -> None:
    names = [f"column {number}" for number in range(5000)] + ["ids", "Kind"]
    with pytest.raises(SourceError, match=r"no column 'id', .*; it has 5,002 columns, such as 'ids'") as refusal:
        refuse_missing(SOURCE.roles, names, "in.csv")
    assert len(str(refusal.value)) < 200


# Several files


NONE = pa.array([None], pa.string()).dictionary_encode()
NOON = pa.array([datetime(2024, 1, 1, 12)], pa.timestamp("us"))
MIDNIGHT = pa.array([datetime(2024, 1, 2)], pa.timestamp("us"))
DAY = pa.array([date(2024, 1, 1)])


@pytest.mark.parametrize(
    ("one", "another", "expected"),
    [
        (pa.array(["A"]).dictionary_encode(), pa.array(["B"]).dictionary_encode(), ["A", "B"]),
        (DAY, MIDNIGHT, [date(2024, 1, 1), date(2024, 1, 2)]),
        (MIDNIGHT, NOON, [datetime(2024, 1, 2), datetime(2024, 1, 1, 12)]),
        (pa.array([1]), pa.array([1.5]), [1.0, 1.5]),
        (NONE, pa.array([7]), [None, 7]),
        (pa.array([7]), NONE.slice(1), [7]),
    ],
)
def test_columns_of_one_kind_join(one: pa.Array, another: pa.Array, expected: list[Any]) -> None:
    """A date beside stamps that are all midnights is the same day; a column without values says nothing of its type."""
    table = joined([pa.table({"ds": one}), pa.table({"ds": another})])
    assert table["ds"].to_pylist() == expected


def test_dictionaries_are_one_when_files_are_joined() -> None:
    parts = [pa.table({"id": pa.array(ids).dictionary_encode()}) for ids in (["A"], ["B", "A"])]
    chunks = joined(parts)["id"].chunks
    assert [chunk.dictionary.to_pylist() for chunk in chunks] == [["A", "B"], ["A", "B"]]


@pytest.mark.parametrize(
    ("one", "another", "kinds"),
    [
        (pa.array(["A"]).dictionary_encode(), pa.array([1]), "string in one file of the source and int64 in another"),
        (DAY, NOON, r"date32\[day\] in one file of the source and timestamp\[us\]"),
        (NOON, NOON.cast(pa.timestamp("us", "UTC")), r"timestamp\[us\] in one .* and timestamp\[us, tz=UTC\]"),
    ],
)
def test_columns_of_two_kinds_are_refused_with_both(one: pa.Array, another: pa.Array, kinds: str) -> None:
    """Law: 7 and '7' are two ids."""
    with pytest.raises(SourceError, match=rf"column 'ds' is {kinds}.*write the files with one type"):
        joined([pa.table({"ds": one}), pa.table({"ds": another})])


def test_instants_are_kept_as_utc() -> None:
    stamps = pa.array([datetime(2024, 7, 1, tzinfo=UTC)]).cast(pa.timestamp("ms", "Europe/Berlin"))
    table, _ = rows(ds=stamps)
    assert table["ds"].type == pa.timestamp("us", "UTC")
    assert np.asarray(table["ds"].cast(pa.int64()))[0] == 1_719_792_000_000_000
