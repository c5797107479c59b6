"""PostgreSQL's types as COPY gives them: exact, in UTC, null and empty apart, or refused by name."""

from datetime import UTC, date, datetime

import pyarrow as pa
import pytest
from sql_tables import fill, read, rows

from lstm.errors import SourceError

pytestmark = [pytest.mark.slow, pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)]

INSTANT = pa.timestamp("us", tz="UTC")
ID = "00000000-0000-0000-0000-00000000000a"


def selected(url, *, id="'A'", ds="date '2024-01-01'", y="1", word="'w'", **changes):  # noqa: A002
    """The one row of a query, and the table."""
    found = read(url, query=f"SELECT {id} AS id, {ds} AS ds, {y} AS y, {word} AS word", **changes)
    return rows(found)[0], found.table


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("7", 7),
        ("7::smallint", 7),
        ("9223372036854775807", 2**63 - 1),
        ("12345678901234567890::numeric(20,0)", "12345678901234567890"),
        ("7.50::numeric(6,2)", "7.5"),
        ("700.00::numeric", "700"),
        (f"'{ID}'::uuid", ID),
        ("'a b'::varchar(9)", "a b"),
        ("'ab'::character(5)", "ab"),
        ("'sad'::mood", "sad"),
        ("true", "true"),
        ("date '2024-02-29'", "2024-02-29"),
        ("'10.0.0.1'::inet", "10.0.0.1"),
        ("'in a domain'::word", "in a domain"),
        ("''", ""),
        ("'NULL'", "NULL"),
        ("NULL::text", None),
        (r"'\.'", r"\."),
        ("E'a\\r\\nb'", "a\r\nb"),
    ],
)
def test_ids_keep_their_text(database_url, expression, expected):
    fill(database_url, "CREATE TYPE mood AS ENUM ('sad', 'ok')", "CREATE DOMAIN word AS text")
    assert selected(database_url, id=expression)[0][0] == expected


@pytest.mark.parametrize(
    ("expression", "kind", "expected"),
    [
        ("date '1969-12-31'", pa.date32(), date(1969, 12, 31)),
        ("timestamp '2024-01-01 01:02:03.000004'", pa.timestamp("us"), datetime(2024, 1, 1, 1, 2, 3, 4)),
        (
            "timestamptz '2024-07-01 01:00+05:30'",
            pa.timestamp("us", tz="UTC"),
            datetime(2024, 6, 30, 19, 30, tzinfo=UTC),
        ),
        ("17", pa.int64(), 17),
        ("'2024-W01'", pa.dictionary(pa.int32(), pa.string()), "2024-W01"),
        ("20240131::numeric", pa.dictionary(pa.int32(), pa.string()), "20240131"),
        ("45292.5::float8", pa.dictionary(pa.int32(), pa.string()), "45292.5"),
        ("1704067200::float8", pa.dictionary(pa.int32(), pa.string()), "1704067200"),
    ],
)
def test_times_have_their_kind_and_instants_are_utc(database_url, expression, kind, expected):
    """Even where the server's own zone and date style are others."""
    fill(
        database_url,
        f"ALTER DATABASE {database_url.rpartition('/')[2]} SET timezone = 'America/St_Johns'",
        f"ALTER DATABASE {database_url.rpartition('/')[2]} SET datestyle = 'German'",
    )
    row, table = selected(database_url, ds=expression)
    assert table["ds"].type == kind
    assert row[1] == expected


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("1.25::numeric", 1.25),
        ("1e30::numeric", 1e30),
        ("0.1::real", 0.1),
        ("0.30000000000000004::float8", 0.30000000000000004),
        ("9007199254740993", 9007199254740992.0),
        ("true", 1.0),
        ("false", 0.0),
        ("NULL::boolean", None),
        ("' 2.5'::text", 2.5),
        ("'infinity'::float8", float("inf")),
        ("'-infinity'::numeric", float("-inf")),
    ],
)
def test_numbers_are_floats(database_url, expression, expected):
    assert selected(database_url, y=expression)[0][2] == expected


def test_nan_is_no_number(database_url):
    """Missing, like null: it differs from itself, or is null already."""
    for expression in ("'NaN'::float8", "'NaN'::numeric"):
        value = selected(database_url, y=expression)[0][2]
        assert value is None or value != value


def test_static_covariates_are_numbers_or_text(database_url):
    for expression, expected in (("3", 3.0), ("2.5::numeric", 2.5), ("true", 1.0), ("'x'", "x"), ("''", "")):
        assert selected(database_url, word=expression, static_covariates=["word"])[0][3] == expected


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"id": "ARRAY[1, 2]"}, r"series column 'id' is integer\[\]; cast it to text in source.query"),
        ({"id": "'{}'::jsonb"}, "series column 'id' is jsonb; cast it to text in source.query"),
        ({"id": "1.5::float8"}, "series column 'id' is double precision; which does not hold ids exactly"),
        ({"id": "'\\x00'::bytea"}, "series column 'id' is bytea"),
        ({"ds": "time '10:00'"}, "time column 'ds' is time without time zone; cast it to date or timestamptz"),
        ({"ds": "interval '1 day'"}, "time column 'ds' is interval"),
        ({"ds": "true"}, "time column 'ds' is boolean"),
        ({"y": "ARRAY[1.0]"}, r"number column 'y' is numeric\[\]; cast it to double precision in source.query"),
        ({"y": "date '2024-01-01'"}, "number column 'y' is date"),
        ({"y": "'{}'::json"}, "number column 'y' is json"),
    ],
)
def test_a_type_that_a_role_cannot_have_is_refused_by_its_name(database_url, changes, message):
    """From the plan of the query, before any row."""
    with pytest.raises(SourceError, match=message):
        selected(database_url, **changes)


@pytest.mark.parametrize(
    "expression", ["date 'infinity'", "timestamptz '-infinity'", "timestamp '0044-03-15 BC'", "date '44-03-15 BC'"]
)
def test_a_time_that_arrow_has_not_stays_text_for_the_clock_to_refuse_by_row(database_url, expression):
    """Beside it, usual times are the text that they would have had."""
    kind = expression.split()[0]
    found = read(
        database_url,
        query=f"SELECT 'A' AS id, {expression} AS ds, 1 AS y UNION ALL SELECT 'A', {kind} '2024-01-01', 2 ORDER BY y",
    )
    assert found.table["ds"].type == pa.dictionary(pa.int32(), pa.string())
    assert rows(found)[0][1] in ("infinity", "-infinity", "0044-03-15 00:00:00 BC", "0044-03-15 BC")
    assert rows(found)[1][1].startswith("2024-01-01")


def test_as_of_is_an_instant_that_may_be_turned_into_local_time(database_url):
    """08:00 in UTC is 10:00 in Berlin: what a column of local stamps is compared with."""
    query = (
        "SELECT 'A' AS id, date '2024-07-01' AS ds, 1 AS y "
        "WHERE timestamp '2024-07-01 10:00' = :as_of at time zone 'Europe/Berlin' "
        "AND timestamptz '2024-07-01 04:00-04' = :as_of AND :as_of::date = :horizon_end"
    )
    binds = {"as_of": datetime(2024, 7, 1, 8, tzinfo=UTC), "horizon_end": date(2024, 7, 1)}
    assert len(read(database_url, query=query, binds=binds).table) == 1


def test_without_psycopg_rows_come_by_the_cursor(database_url, monkeypatch):
    fill(
        database_url,
        "CREATE TABLE t (id numeric(20,0), ds timestamptz, y numeric)",
        "INSERT INTO t VALUES (12345678901234567890, '2024-01-01 01:00+01', 1.25), (7, '2024-01-02 00:00+00', NULL)",
    )
    copied = read(database_url, table="t")
    monkeypatch.setattr("lstm.storage.sources.databases.sql.can_copy", lambda _: False)
    assert rows(read(database_url, table="t")) == rows(copied)
    assert copied.table["id"].to_pylist() == ["12345678901234567890", "7"]
