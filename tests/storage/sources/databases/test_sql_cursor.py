"""SQLite keeps whatever it was given, and MariaDB has types of its own: what becomes of them."""

from datetime import UTC, date, datetime

import pyarrow as pa
import pytest
from sql_tables import fill, read, rows

from lstm.errors import SourceError

TEXT = pa.dictionary(pa.int32(), pa.string())


@pytest.fixture
def sqlite(tmp_path):
    return f"sqlite:///{tmp_path / 'x.db'}"


def column(url, values, name):
    """A column without a type that holds these SQL values; the others are plain."""
    plain = {"id": "'A'", "ds": "'2024-01-01'", "y": "1", "word": "'w'"}
    cells = [", ".join((plain | {name: value}).values()) for value in values]
    fill(url, "CREATE TABLE t (id, ds, y, word)", f"INSERT INTO t VALUES ({'), ('.join(cells)})")
    return read(url, table="t", static_covariates=["word"]).table[name]


def test_ids_of_mixed_kinds_are_text(sqlite):
    """007 beside 7."""
    assert column(sqlite, ["'007'", "7", "'b'"], "id").to_pylist() == ["007", "7", "b"]


def test_ids_become_text_where_only_a_later_batch_has_text(sqlite, monkeypatch):
    monkeypatch.setattr("lstm.storage.sources.databases.sql_cursor.BATCH", 1)
    assert column(sqlite, ["7", "'x'", "NULL"], "id").to_pylist() == ["7", "x", None]


def test_numbers_text_booleans_and_whole_numbers_mix(sqlite):
    assert column(sqlite, ["'1.5'", "2", "2.5", "NULL", "'n/a'", "true"], "y").to_pylist() == [
        1.5, 2.0, 2.5, None, None, 1.0,
    ]  # fmt: skip


def test_a_number_beside_texts_with_a_decimal_comma_keeps_its_value(sqlite):
    fill(
        sqlite,
        "CREATE TABLE t (id, ds, y)",
        "INSERT INTO t VALUES ('A', '2024-01-01', '1,5'), ('A', '2024-01-02', 2.5)",
    )
    assert read(sqlite, table="t", decimal=",").table["y"].to_pylist() == [1.5, 2.5]


def test_static_numbers_are_floats_and_text_is_text(sqlite):
    assert column(sqlite, ["1", "2.5", "NULL"], "word").to_pylist() == [1.0, 2.5, None]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (["2460310.5"], ["2460310.5"]),
        (["1704067200.0", "1704067201.25"], ["1704067200", "1704067201.25"]),
        (["'2024-01-01'", "1704067200"], ["2024-01-01", "1704067200"]),
    ],
)
def test_julian_and_unix_times_are_left_to_time_format(sqlite, values, expected):
    """Text of their digits, which nothing takes for a date unless the pipeline file says so."""
    found = column(sqlite, values, "ds")
    assert found.type == TEXT
    assert found.to_pylist() == expected


def test_whole_steps_are_integers(sqlite):
    assert column(sqlite, ["1", "2"], "ds").type == pa.int64()


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("id", "1.5", "column 'id' holds float; which does not hold ids exactly"),
        ("id", "x'00ff'", "column 'id' holds bytes; cast it"),
        ("y", "x'00ff'", "column 'y' holds bytes; cast it"),
    ],
)
def test_values_without_a_meaning_are_refused(sqlite, name, value, message):
    with pytest.raises(SourceError, match=message):
        column(sqlite, [value], name)


def mariadb(values, *, declared, name, url, **changes):
    types = {"id": "VARCHAR(9)", "ds": "DATE", "y": "DOUBLE"} | {name: declared}
    plain = {"id": "'A'", "ds": "'2024-01-01'", "y": "1"}
    cells = [", ".join((plain | {name: value}).values()) for value in values]
    fill(
        url,
        "SET SESSION sql_mode = ''",
        f"CREATE TABLE t ({', '.join(f'{column} {kind}' for column, kind in types.items())})",
        f"INSERT INTO t VALUES ({'), ('.join(cells)})",
    )
    return read(url, table="t", **changes).table[name]


@pytest.mark.slow
@pytest.mark.parametrize("database_url", ["mariadb"], indirect=True)
@pytest.mark.parametrize(
    ("name", "declared", "value", "expected"),
    [
        ("id", "BIGINT UNSIGNED", "18446744073709551615", "18446744073709551615"),
        ("id", "BIGINT", "-7", -7),
        ("id", "INT(5) ZEROFILL", "42", 42),
        ("id", "DECIMAL(10, 2)", "7.5", "7.5"),
        ("id", "DECIMAL(10, 2)", "7", "7"),
        ("id", "CHAR(5)", "'ab'", "ab"),
        ("id", "ENUM('small', 'large')", "'large'", "large"),
        ("id", "TINYINT(1)", "1", 1),
        ("id", "UUID", "'00000000-0000-0000-0000-00000000000a'", "00000000-0000-0000-0000-00000000000a"),
        ("y", "DECIMAL(30, 10)", "1.25", 1.25),
        ("y", "TINYINT(1)", "1", 1.0),
        ("y", "BIGINT UNSIGNED", "18446744073709551615", 2.0**64),
        ("y", "FLOAT", "0.1", 0.1),
        ("y", "YEAR", "2024", 2024.0),
        ("ds", "DATETIME(6)", "'2024-01-01 01:02:03.000004'", datetime(2024, 1, 1, 1, 2, 3, 4)),
        ("ds", "DATETIME", "'2024-01-01 01:02:03'", datetime(2024, 1, 1, 1, 2, 3)),
        ("ds", "DATE", "'1969-12-31'", date(1969, 12, 31)),
        ("ds", "YEAR", "2024", 2024),
        ("ds", "DATE", "'0000-00-00'", "0000-00-00"),
        ("ds", "DATETIME", "'2024-00-00 00:00:00'", "2024-00-00 00:00:00"),
    ],
)
def test_types_of_mariadb_are_read_exactly(database_url, name, declared, value, expected):
    """A date that no calendar has stays text, for the clock to refuse it by its row."""
    assert mariadb([value], declared=declared, name=name, url=database_url).to_pylist() == [expected]


@pytest.mark.slow
@pytest.mark.parametrize("database_url", ["mariadb"], indirect=True)
def test_a_timestamp_of_mariadb_is_an_instant(database_url):
    """The server keeps UTC and shows the session's zone; a DATETIME has no zone."""
    fill(
        database_url,
        "SET SESSION time_zone = '+02:00'",
        "CREATE TABLE t (id VARCHAR(9), ds TIMESTAMP, y INT)",
        "INSERT INTO t VALUES ('A', '2024-07-01 02:00:00', 1)",
    )
    assert rows(read(database_url, table="t")) == [("A", datetime(2024, 7, 1, tzinfo=UTC), 1.0)]


@pytest.mark.slow
@pytest.mark.parametrize("database_url", ["mariadb"], indirect=True)
@pytest.mark.parametrize(("name", "declared"), [("id", "BLOB"), ("y", "BIT(1)"), ("id", "VARBINARY(9)")])
def test_bytes_of_mariadb_are_refused(database_url, name, declared):
    with pytest.raises(SourceError, match=f"column '{name}' holds bytes; cast it to text or a number"):
        mariadb(["'1'" if name == "id" else "b'1'"], declared=declared, name=name, url=database_url)
