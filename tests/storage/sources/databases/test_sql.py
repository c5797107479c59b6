"""Databases of every kind are read as one table, in a session that cannot write."""

import csv
from datetime import UTC, date, datetime

import pyarrow as pa
import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sql_tables import fill, kind, read, rows
from sqlalchemy import create_engine, text

from lstm.config import Source
from lstm.errors import ConfigError, ForecastError, SourceError, SourceUnavailableError
from lstm.storage.sources.read import read_source
from lstm.storage.sql.column_types import KeyText

PASSWORD = "p@ss/w:rd%41-not-real"
TEXT = pa.dictionary(pa.int32(), pa.string())
SALES = (
    "CREATE TABLE sales (id VARCHAR(20), ds DATE, y NUMERIC(12, 3), junk INTEGER)",
    "INSERT INTO sales VALUES ('007', '2024-01-01', 1.5, 1), ('NA', '2024-01-02', NULL, 2), ('a', '2024-01-03', 4, 3)",
)


def quoted(url, name):
    mark = "`" if kind(url) == "mysql" else '"'
    return mark + name.replace(mark, mark * 2) + mark


def test_a_date_and_a_clock_are_one_time_in_any_database(database_url):
    """TIME is a type of its own in two of them, and text in SQLite; a code for a missing value is one in all."""
    fill(
        database_url,
        "CREATE TABLE sales (id VARCHAR(20), ds DATE, at TIME, hr INTEGER, y NUMERIC(12, 3))",
        "INSERT INTO sales VALUES ('a', '2024-01-31', '23:05:00', 7, -200), ('a', '2024-02-01', '00:00:00', 8, 2)",
    )
    found = read(database_url, table="sales", time_parts=["at"], missing=["-200"])
    assert rows(found) == [("a", "2024-01-31 23:05:00", None), ("a", "2024-02-01 00:00:00", 2.0)]
    found = read(database_url, table="sales", time_parts=["hr"])
    assert [row[1] for row in rows(found)] == ["2024-01-31 7", "2024-02-01 8"]


def test_a_table_is_read_with_the_columns_that_are_needed(database_url):
    """SQLite has no dates, so theirs are text; the others answer dates."""
    fill(database_url, *SALES)
    found = read(database_url, table="sales")
    assert found.table.column_names == ["id", "ds", "y"]
    assert [(name, str(when), y) for name, when, y in rows(found)] == [
        ("007", "2024-01-01", 1.5), ("NA", "2024-01-02", None), ("a", "2024-01-03", 4.0),
    ]  # fmt: skip
    assert found.table["ds"].type == (TEXT if kind(database_url) == "sqlite" else pa.date32())
    assert found.place(2) == "table sales, a/2024-01-03"


def test_a_query_sees_the_moment_and_the_end_of_the_horizon(database_url):
    fill(database_url, *SALES)
    binds = {"as_of": datetime(2024, 1, 2, tzinfo=UTC), "horizon_end": date(2024, 1, 2)}
    query = "SELECT * FROM sales WHERE ds <= :horizon_end"
    assert read(database_url, query=query, binds=binds).table["id"].to_pylist() == ["007", "NA"]
    query = "SELECT id, ds, y FROM sales WHERE ds > :as_of"
    assert read(database_url, query=query, binds=binds).table["id"].to_pylist()[-1] == "a"


def test_a_query_is_read_in_shards_each_row_once(database_url):
    """Seven rows in three parts, in the order of the parts."""
    values = ", ".join(f"('s{number}', {number}, '2024-01-0{number}', {number})" for number in range(1, 8))
    fill(
        database_url,
        "CREATE TABLE sales (id VARCHAR(20), place INTEGER, ds DATE, y INTEGER)",
        f"INSERT INTO sales VALUES {values}",
    )
    query = "SELECT * FROM sales WHERE place % :shards = :shard ORDER BY place"
    found = read(database_url, query=query, shards=3)
    assert [row[0] for row in rows(found)] == ["s3", "s6", "s1", "s4", "s7", "s2", "s5"]
    with pytest.raises(SourceError, match=r"binds :shard or :shards, which need `source.shards`"):
        read(database_url, query=query)
    with pytest.raises(SourceError, match=r"in 3 shards, and its query does not bind :shard, so that rows"):
        read(database_url, query="SELECT * FROM sales", shards=3)
    with pytest.raises(SourceError, match="does not bind :shards, so that rows would come several times or never"):
        read(database_url, query="SELECT * FROM sales WHERE place % 3 = :shard", shards=2)
    fill(database_url, "UPDATE sales SET place = -place WHERE place > 5")
    with pytest.raises(SourceError, match=r"rows in part -1 of 3, which nobody reads.*abs\(id\)"):
        read(database_url, query=query, shards=3)
    found = read(database_url, query=query.replace("place %", "abs(place) %"), shards=3)
    assert sorted(row[0] for row in rows(found)) == ["s1", "s2", "s3", "s4", "s5", "s6", "s7"]


def test_as_of_hides_what_was_loaded_a_second_later(database_url):
    """Stamps without a zone are taken as UTC; here in the form that each database itself gives them."""
    stamp = {"sqlite": "TEXT", "postgresql": "TIMESTAMP", "mysql": "DATETIME(6)"}[kind(database_url)]
    fill(
        database_url,
        f"CREATE TABLE t (id VARCHAR(9), ds DATE, y FLOAT, loaded {stamp})",
        "INSERT INTO t VALUES ('in', '2024-01-01', 1, '2024-01-02 05:00:00'), "
        "('late', '2024-01-01', 2, '2024-01-02 05:00:01')",
    )
    found = read(
        database_url,
        query="SELECT * FROM t WHERE loaded <= :as_of",
        binds={"as_of": datetime(2024, 1, 2, 5, tzinfo=UTC)},
    )
    assert found.table["id"].to_pylist() == ["in"]


def test_a_query_may_be_a_with_query_with_comments_percent_signs_colons_and_a_semicolon(database_url):
    fill(database_url, *SALES)
    found = read(
        database_url,
        query="WITH known AS (SELECT * FROM sales WHERE id LIKE '%0%' AND ':x' <> '12:30') -- not :this; either\n"
        "SELECT id, ds, y FROM known WHERE ds <= :horizon_end; -- the end",
        binds={"horizon_end": date(2024, 1, 2)},
    )
    assert found.table["id"].to_pylist() == ["007"]


def test_percent_signs_stay_single_where_a_query_binds_nothing(database_url):
    fill(database_url, *SALES)
    assert len(read(database_url, query="SELECT * FROM sales WHERE id LIKE '%07'").table) == 1


@pytest.mark.parametrize("name", ["table", "Select It", "a.b", "50%", "a:b", "it's", 'say "no"'])
def test_names_of_tables_and_columns_may_be_anything(database_url, name):
    """Law: reserved words, capitals, blanks, dots, percent signs, colons and quotes."""
    table = column = quoted(database_url, name)
    fill_raw(
        database_url,
        f"CREATE TABLE {table} ({column} VARCHAR(9), {quoted(database_url, 'order')} DATE, y FLOAT)",
        f"INSERT INTO {table} VALUES ('A', '2024-01-01', 2.5)",
    )
    found = read(database_url, table=name, series=[name], time="order")
    assert found.table[name].to_pylist() == ["A"]
    assert found.table["y"].to_pylist() == [2.5]


def fill_raw(url, *statements):
    """Statements in which a colon binds nothing."""
    engine = create_engine(url)
    with engine.begin() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement.replace("%", "%%") if kind(url) != "sqlite" else statement)
    engine.dispose()


def test_types_of_keys_survive_and_a_table_longer_than_a_batch_is_whole(database_url, monkeypatch):
    monkeypatch.setattr("lstm.storage.sources.databases.sql_cursor.BATCH", 7)
    monkeypatch.setattr("lstm.storage.sources.databases.postgresql_copy.CHUNK_BYTES", 70)
    values = ", ".join(f"({number % 3}, '2024-01-01', {number})" for number in range(50))
    fill(database_url, "CREATE TABLE t (id INTEGER, ds DATE, y BIGINT)", f"INSERT INTO t VALUES {values}")
    table = read(database_url, table="t").table
    assert table["id"].type == pa.int64()
    assert table["y"].num_chunks > 5
    assert sorted(table["y"].to_pylist()) == list(range(50))


def test_a_missing_table_or_column_is_refused_with_what_is_there(database_url):
    fill(database_url, *SALES, "CREATE VIEW recent AS SELECT * FROM sales")
    with pytest.raises(SourceError, match="there is no table nothing; there are recent, sales"):
        read(database_url, table="nothing")
    with pytest.raises(SourceError, match=r"there is no schema nowhere, which source.table = 'nowhere.sales' names; "):
        read(database_url, table="nowhere.sales")
    with pytest.raises(SourceError, match="table sales has no column 'z'; it has 'id', 'ds', 'y', 'junk'"):
        read(database_url, table="sales", targets=["z"])
    with pytest.raises(SourceError, match="the query of the source has no column 'y'; it has 'id', 'ds'"):
        read(database_url, query="SELECT id, ds FROM sales")
    with pytest.raises(SourceError, match="the query of the source has 2 columns named 'y'"):
        read(database_url, query="SELECT id, ds, y, junk AS y FROM sales")
    assert len(read(database_url, table="recent").table) == 3


def test_a_query_that_the_database_refuses_is_told_in_its_words(database_url):
    fill(database_url, SALES[0])
    with pytest.raises(SourceError, match=r"the source .* refused: .*nonsense") as refusal:
        read(database_url, query="SELECT nonsense FROM sales")
    assert not refusal.value.transient


@pytest.mark.parametrize(
    "query",
    [
        "DELETE FROM sales",
        "SELECT 1; DELETE FROM sales",
        "CREATE TABLE other (x INTEGER)",
        "INSERT INTO sales SELECT * FROM sales",
        "WITH gone AS (DELETE FROM sales RETURNING *) SELECT * FROM gone",
    ],
)
def test_a_source_never_writes(database_url, query):
    fill(database_url, *SALES)
    with pytest.raises(SourceError) as refusal:
        read(database_url, query=query)
    assert not refusal.value.transient
    with create_engine(database_url).connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM sales")).scalar() == 3


@pytest.mark.slow
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_function_that_writes_is_refused_too(database_url):
    """A select that looks innocent: the transaction is read-only."""
    fill(database_url, *SALES, "CREATE SEQUENCE counter")
    with pytest.raises(SourceError, match="cannot execute nextval"):
        read(database_url, query="SELECT id, ds, nextval('counter') AS y FROM sales")


def test_an_empty_table_is_refused(database_url):
    fill(database_url, SALES[0])
    with pytest.raises(SourceError, match="table sales gave no rows"):
        read(database_url, table="sales")


def test_a_sqlite_database_that_does_not_exist_is_not_made(tmp_path):
    with pytest.raises(SourceError, match=r"the SQLite database .*gone\.db does not exist"):
        read(f"sqlite:///{tmp_path}/gone.db", table="sales")
    assert not (tmp_path / "gone.db").exists()


TEXTS = (
    "CREATE TABLE t (id VARCHAR(9), ds DATE, y VARCHAR(20))",
    "INSERT INTO t VALUES ('A', '2024-01-01', '100.512'), ('A', '2024-01-02', ' 9 '), ('A', '2024-01-03', 'n/a'), "
    "('A', '2024-01-04', ''), ('A', '2024-01-05', '12,5'), ('A', '2024-01-06', 'err')",
)


def test_numbers_in_a_text_column_are_numbers_and_other_texts_are_refused_by_their_keys(database_url):
    """Law: n/a and empty text are missing, 12,5 is never 125."""
    fill(database_url, *TEXTS)
    with pytest.raises(
        SourceError,
        match=r"column 'y' is not a number: '12,5' in table t, A/2024-01-05, 'err' in table t, A/2024-01-06; set "
        r'source.decimal = ","',
    ):
        read(database_url, table="t")
    found = read(database_url, query="SELECT * FROM t WHERE y NOT LIKE '12%' AND y <> 'err'")
    assert found.table["y"].to_pylist() == [100.512, 9.0, None, None]


def test_rows_with_unreadable_numbers_are_set_aside_and_counted_over_all_batches(database_url, monkeypatch):
    monkeypatch.setattr("lstm.storage.sources.databases.sql_cursor.BATCH", 1)
    monkeypatch.setattr("lstm.storage.sources.databases.postgresql_copy.CHUNK_BYTES", 1)
    fill(database_url, *TEXTS)
    found = read(database_url, table="t", bad_rows="set_aside")
    assert len(found.table) == 4
    assert [(one.reason, one.column, one.rows, one.examples) for one in found.set_aside] == [
        ("is not a number", "y", 2, ("'12,5' in table t, A/2024-01-05", "'err' in table t, A/2024-01-06")),
    ]  # fmt: skip
    assert found.place(3) == "table t, A/2024-01-04"


def test_null_and_empty_text_are_kept_apart(database_url):
    """And neither is the word NULL, nor what COPY writes for it."""
    backslash = "\\\\" if kind(database_url) == "mysql" else "\\"
    fill(
        database_url,
        "CREATE TABLE t (id VARCHAR(20), ds VARCHAR(20), y FLOAT)",
        "INSERT INTO t VALUES ('', 'x', 1), (NULL, '', 2), ('NULL', NULL, 3), ('a,\"b\"\n', 'é', NULL), "
        f"(' a', '{backslash}N', 4)",
    )
    assert rows(read(database_url, table="t")) == [
        ("", "x", 1.0), (None, "", 2.0), ("NULL", None, 3.0), ('a,"b"\n', "é", None), (" a", "\\N", 4.0),
    ]  # fmt: skip


def test_ids_of_twenty_digits_keep_them_all(database_url):
    """Two that are one as a float."""
    fill(
        database_url,
        "CREATE TABLE t (id DECIMAL(20, 0), ds DATE, y FLOAT)" if kind(database_url) != "sqlite" else
        "CREATE TABLE t (id TEXT, ds DATE, y FLOAT)",
        "INSERT INTO t VALUES (12345678901234567789, '2024-01-01', 1), (12345678901234567788, '2024-01-01', 2)"
        if kind(database_url) != "sqlite" else
        "INSERT INTO t VALUES ('12345678901234567789', '2024-01-01', 1), ('12345678901234567788', '2024-01-01', 2)",
    )  # fmt: skip
    assert read(database_url, table="t").table["id"].to_pylist() == ["12345678901234567789", "12345678901234567788"]


def test_doubles_come_with_every_bit(database_url):
    fill(
        database_url,
        "CREATE TABLE t (id VARCHAR(9), ds DATE, y DOUBLE PRECISION)",
        "INSERT INTO t VALUES ('A', '2024-01-01', 0.1), ('A', '2024-01-02', 1e300), ('A', '2024-01-03', 5e-324), "
        "('A', '2024-01-04', 0.30000000000000004)",
    )
    assert read(database_url, table="t").table["y"].to_pylist() == [0.1, 1e300, 5e-324, 0.30000000000000004]


def test_the_same_rows_are_the_same_from_every_database(database_url):
    """Ids that look like something else, values with many digits, and a column of words."""
    fill(
        database_url,
        "CREATE TABLE t (id VARCHAR(20), ds DATE, y DOUBLE PRECISION, word VARCHAR(9))",
        "INSERT INTO t VALUES ('007', '2024-02-29', 1.25, 'x'), ('NA', '1969-12-31', NULL, ''), "
        "('Köln', '2024-01-01', -1e-7, NULL)",
    )
    found = read(database_url, table="t", static_covariates=["word"])
    assert [(name, str(when), *rest) for name, when, *rest in rows(found)] == [
        ("007", "2024-02-29", 1.25, "x"), ("NA", "1969-12-31", None, ""), ("Köln", "2024-01-01", -1e-7, None),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "encoded", ["p%40ss%2Fw%3Ard%2541-not-real", PASSWORD], ids=["encoded as it should be", "with bare @ and /"]
)
def test_no_password_is_in_any_error(encoded):
    """Fault: nothing listens on port 1."""
    url = f"postgresql+psycopg://user:{encoded}@127.0.0.1:1/sales"
    with pytest.raises(ForecastError) as refusal:
        read(url, table="sales")
    told: BaseException | None = refusal.value
    while told is not None:
        assert "ss/w:rd" not in str(told)
        assert "p%40ss" not in str(told)
        told = told.__cause__ or told.__context__


def test_a_database_that_does_not_answer_is_named_by_host_port_and_database():
    with pytest.raises(SourceUnavailableError, match=r"127\.0\.0\.1:1/sales cannot be reached") as refusal:
        read("postgresql+psycopg://user:secret@127.0.0.1:1/sales", table="sales")
    assert refusal.value.transient


def test_a_url_that_is_none_is_the_mistake_of_the_user():
    with pytest.raises(ConfigError, match="a database URL cannot be read"):
        read("not a url", table="sales")


IDS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=1, max_size=12)
DATES = st.dates(date(1900, 1, 1), date(2100, 1, 1))
NUMBERS = st.none() | st.floats(allow_nan=False, allow_infinity=False)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(IDS, DATES, NUMBERS), min_size=1, max_size=8))
def test_any_rows_are_the_same_from_a_database_as_from_a_csv(database_url, tmp_path, drawn):
    """Law: whatever text an id is, and every bit of a number."""
    store(database_url, drawn)
    path = tmp_path / "in.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("id", "ds", "y"), *drawn])
    settings_ = Source.model_validate({"path": "in.csv", "series": ["id"], "time": "ds", "targets": ["y"]})
    written = read_source(settings_, settings_.roles, folder=tmp_path, url=None, binds={})
    for found in (read(database_url, table="t"), written):
        assert [(name, str(when), value) for name, when, value in rows(found)] == [
            (name, str(when), value) for name, when, value in drawn
        ]


def store(url, drawn):
    """Rows in order, in a table of their own."""
    engine = create_engine(url)
    table = sa.Table(
        "t",
        sa.MetaData(),
        sa.Column("n", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("id", KeyText(40)),
        sa.Column("ds", sa.Date),
        sa.Column("y", sa.Double),
    )
    with engine.begin() as connection:
        table.drop(connection, checkfirst=True)
        table.create(connection)
        connection.execute(
            table.insert(),
            [{"n": place, "id": name, "ds": when, "y": value} for place, (name, when, value) in enumerate(drawn)],
        )
    engine.dispose()
