"""Deliveries are whole or not at all, touch nothing that is not theirs, and may be repeated."""

import fcntl
import gzip
import os
import sqlite3
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from functools import partial
from itertools import product
from typing import Any

import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
import pytest
from nights import NOW, forecast_rows
from sql_tables import ask, fill
from sqlalchemy import column, create_engine, select, table

from lstm.config import Sink
from lstm.errors import SinkError, SinkUnavailableError
from lstm.storage.sinks.delivery import deliver


def to_table(url, rows, tmp_path, *, table="night", keys=("id",), now=NOW):
    sink = Sink(name="warehouse", url="env:URL", table=table)
    return deliver(sink, lambda: rows, keys=keys, folder=tmp_path, url=url, now=now)


def stamped(rows, name="time"):
    """The rows on an hourly grid: the step-th hour of 1 April 2024."""
    stamps = [datetime(2024, 4, 1, tzinfo=UTC) + timedelta(hours=step) for step in rows["step"].to_pylist()]
    return rows.set_column(rows.column_names.index(name), name, pa.array(stamps, pa.timestamp("us", tz="UTC")))


USERS_TABLE = (
    "CREATE TABLE night (id VARCHAR(20) NOT NULL, target VARCHAR(20) NOT NULL, time DATE NOT NULL, "
    "forecast DOUBLE PRECISION NOT NULL, note VARCHAR(40), PRIMARY KEY (id, target, time))"
)


@pytest.mark.parametrize("name", ["out.csv", "out.csv.gz", "deep/folder/out.parquet"])
def test_a_file_is_replaced_whole(tmp_path, name):
    """The second delivery is another file, not more rows; nothing is left beside it."""
    sink = Sink(name="file", path=name)
    for ids in (["A", "B", "C"], ["A", "B"]):
        rows = partial(forecast_rows, ids=ids)
        assert deliver(sink, rows, keys=("id",), folder=tmp_path, url=None, now=NOW) == 2 * len(ids)
    path = tmp_path / name
    back = pq.read_table(path) if name.endswith("parquet") else pa_csv.read_csv(path)
    assert back["id"].to_pylist() == ["A", "A", "B", "B"]
    assert back["forecast"].to_pylist() == [101, 102, 101, 102]
    assert [found.name for found in path.parent.iterdir()] == [path.name]


def test_equal_rows_make_equal_files(tmp_path):
    """So that a tool which compares files sees no change; a gzip header would hold the time."""
    contents = []
    for now in (NOW, NOW + timedelta(hours=1)):
        deliver(Sink(name="f", path="out.csv.gz"), forecast_rows, keys=("id",), folder=tmp_path, url=None, now=now)
        contents.append((tmp_path / "out.csv.gz").read_bytes())
    assert contents[0] == contents[1]


def test_a_csv_has_iso_stamps_and_empty_cells_for_what_is_missing(tmp_path):
    """Instants end in Z; a failed row has no number and no word for it either."""
    rows = stamped(forecast_rows(ids=["A"], method="failed"))
    written = pa.array([NOW + timedelta(microseconds=7)] * 2, pa.timestamp("us", tz="UTC"))
    rows = rows.append_column("written_at", written)
    deliver(Sink(name="file", path="out.csv.gz"), lambda: rows, keys=("id",), folder=tmp_path, url=None, now=NOW)
    lines = gzip.decompress((tmp_path / "out.csv.gz").read_bytes()).decode().splitlines()
    assert lines[1] == '"A","y",2024-04-30,"2024-04-01T01:00:00Z",1,,,,,"failed",,1,"2024-05-01T06:00:00.000007Z"'


def test_a_write_that_fails_leaves_the_old_file(tmp_path, monkeypatch):
    """The disk is full at the rename: the old forecasts stand and no part is left."""
    sink = Sink(name="file", path="out.csv")
    deliver(sink, forecast_rows, keys=("id",), folder=tmp_path, url=None, now=NOW)
    before = (tmp_path / "out.csv").read_bytes()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space left"):
        deliver(sink, lambda: forecast_rows(level=0.0), keys=("id",), folder=tmp_path, url=None, now=NOW)
    assert (tmp_path / "out.csv").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["out.csv"]


def test_a_missing_table_is_made_and_a_second_delivery_replaces_by_key(database_url, tmp_path):
    """Rows of the night before whose times are over stay; those of the same times are replaced."""
    to_table(database_url, forecast_rows(date(2024, 4, 29), ids=["A"]), tmp_path)
    to_table(database_url, forecast_rows(date(2024, 4, 30), ids=["A"], level=500.0), tmp_path)
    found = ask(database_url, "SELECT forecast FROM night ORDER BY time")
    assert found == [(101.0,), (501.0,), (502.0,)]


def test_keys_that_differ_by_case_stay_apart_in_a_table_of_ours(database_url, tmp_path):
    """Twice, so that the upsert finds its own rows."""
    for _ in range(2):
        to_table(database_url, forecast_rows(ids=["jfk", "JFK", "jfk "], horizon=1), tmp_path)
    assert sorted(name for (name,) in ask(database_url, "SELECT id FROM night")) == ["JFK", "jfk", "jfk "]


def test_the_users_table_keeps_its_other_columns_rows_and_view(database_url, tmp_path):
    """Law: the note of a planner and the row of 2020 survive, and so does what was built upon the table."""
    fill(
        database_url,
        USERS_TABLE,
        "INSERT INTO night VALUES ('A', 'y', '2024-05-01', 0, 'promotion agreed'), ('A', 'y', '2020-01-01', 1, NULL)",
        "CREATE VIEW latest AS SELECT id, max(time) AS time FROM night GROUP BY id",
    )
    to_table(database_url, forecast_rows(), tmp_path)
    notes = ask(database_url, "SELECT forecast, note FROM night WHERE id = 'A' ORDER BY time")
    assert notes == [(1.0, None), (101.0, "promotion agreed"), (102.0, None)]
    assert len(ask(database_url, "SELECT * FROM latest")) == 2


def test_a_write_that_fails_in_the_middle_leaves_the_old_rows(database_url, tmp_path):
    """Fault: by a check constraint on the last row: all or nothing."""
    fill(database_url, USERS_TABLE.replace("note VARCHAR(40)", "note VARCHAR(40), CHECK (id <> 'B' OR forecast < 202)"))
    to_table(database_url, forecast_rows(), tmp_path)
    with pytest.raises(SinkError, match="refused"):
        to_table(database_url, forecast_rows(level=200.0), tmp_path)
    assert ask(database_url, "SELECT forecast FROM night ORDER BY id, time") == [(101.0,), (102.0,), (101.0,), (102.0,)]


def test_a_table_without_a_fitting_key_is_refused_with_the_key_it_needs(database_url, tmp_path):
    """Without one there is no telling which row a forecast replaces."""
    fill(
        database_url,
        "CREATE TABLE night (id VARCHAR(9), target VARCHAR(9), time DATE, forecast FLOAT, UNIQUE (id, time))",
    )
    needed = r"needs a primary key or a unique constraint on exactly \(id, target, time\).*it has: id, time"
    with pytest.raises(SinkError, match=needed):
        to_table(database_url, forecast_rows(), tmp_path)


def test_a_unique_index_is_as_good_as_a_primary_key_and_a_generated_key_is_left_alone(database_url, tmp_path):
    """The table numbers its rows itself; an upsert keeps the number."""
    counted = {
        "sqlite": "INTEGER PRIMARY KEY",
        "postgresql": "SERIAL PRIMARY KEY",
        "mysql": "INTEGER AUTO_INCREMENT PRIMARY KEY",
    }
    number = counted[database_url.split(":")[0].split("+")[0]]
    fill(
        database_url,
        f"CREATE TABLE night (no {number}, id VARCHAR(9), target VARCHAR(9), time DATE, forecast DOUBLE PRECISION, "
        "written_at TIMESTAMP)",
        "CREATE UNIQUE INDEX ux ON night (id, target, time)",
    )
    to_table(database_url, forecast_rows(), tmp_path)
    before = ask(database_url, "SELECT id, time, no FROM night ORDER BY no")
    to_table(database_url, forecast_rows(level=200.0), tmp_path)
    assert ask(database_url, "SELECT id, time, no FROM night ORDER BY no") == before
    assert ask(database_url, "SELECT DISTINCT forecast FROM night ORDER BY 1") == [(201.0,), (202.0,)]


def test_a_second_unique_key_of_mariadb_by_which_other_rows_would_change_is_refused(database_url, tmp_path):
    """SQLite and PostgreSQL name the key that they mean, and refuse the row itself."""
    fill(database_url, USERS_TABLE.replace("note VARCHAR(40)", "note VARCHAR(40), UNIQUE (id, forecast)"))
    to_refuse = forecast_rows(ids=["A"], horizon=1)
    if database_url.startswith("mysql"):
        with pytest.raises(SinkError, match="second unique key on forecast, id, by which MariaDB would"):
            to_table(database_url, to_refuse, tmp_path)
    else:
        fill(database_url, "INSERT INTO night VALUES ('A', 'y', '2020-01-01', 101, NULL)")
        with pytest.raises(SinkError, match="refused"):
            to_table(database_url, to_refuse, tmp_path)
    assert len(ask(database_url, "SELECT * FROM night WHERE time > '2024-01-01'")) == 0


@pytest.mark.parametrize(
    ("database", "declared"),
    [
        ("sqlite", "TEXT COLLATE NOCASE"),
        ("sqlite", "STRING"),
        ("mysql", "VARCHAR(20) COLLATE utf8mb4_general_ci"),
        ("postgresql", "INTEGER"),
        ("mysql", "INTEGER"),
    ],
)
def test_a_table_that_would_merge_two_series_is_refused(database_url, tmp_path, database, declared):
    """Fault: `jfk` and `JFK` in a column that ignores case, MariaDB's default; `007` and `7` in one of numbers."""
    if not database_url.startswith(database):
        pytest.skip(f"a column of {database}")
    fill(database_url, USERS_TABLE.replace("id VARCHAR(20)", f"id {declared}"))
    first, second = ("jfk", "JFK") if "COLLATE" in declared else ("007", "7")
    with pytest.raises(SinkError, match=rf"does not keep id '({first}|{second})'.* would merge series"):
        to_table(database_url, forecast_rows(ids=[first, second]), tmp_path)
    assert ask(database_url, "SELECT * FROM night") == []


def test_a_series_named_otherwise_in_the_table_is_not_overwritten(database_url, tmp_path):
    """The table, which ignores case, has `jfk` from elsewhere; tonight there is only `JFK`."""
    if not database_url.startswith("mysql"):
        pytest.skip("a collation of MariaDB")
    fill(database_url, USERS_TABLE.replace("id VARCHAR(20)", "id VARCHAR(20) COLLATE utf8mb4_general_ci"))
    to_table(database_url, forecast_rows(ids=["jfk"]), tmp_path)
    with pytest.raises(SinkError, match="does not keep id 'JFK'"):
        to_table(database_url, forecast_rows(ids=["JFK"], level=200.0), tmp_path)
    assert {value for (value,) in ask(database_url, "SELECT forecast FROM night")} == {101.0, 102.0}


def test_whole_number_keys_find_their_rows_in_a_text_column(tmp_path):
    """Law: '1' is updated, and no '1.0' is added."""
    url = f"sqlite:///{tmp_path / 'sink.db'}"
    fill(url, USERS_TABLE, "INSERT INTO night VALUES ('1', 'y', '2024-05-01', 0, NULL)")
    to_table(url, forecast_rows(ids=[1], horizon=1), tmp_path)
    assert ask(url, "SELECT id, forecast FROM night") == [("1", 101.0)]


def test_reserved_words_and_mixed_case_are_quoted(database_url, tmp_path):
    """Law: twice, for a table of ours and then for the same one found there."""
    for level in (100.0, 200.0):
        to_table(database_url, forecast_rows(key="Group", level=level), tmp_path, table="Values", keys=("Group",))
    quote = "`" if database_url.startswith("mysql") else '"'
    found = ask(database_url, f"SELECT {quote}Group{quote}, forecast FROM {quote}Values{quote} ORDER BY 1, 2")
    assert found == [("A", 201.0), ("A", 202.0), ("B", 201.0), ("B", 202.0)]


def test_a_schema_is_part_of_the_name_and_must_be_there(database_url, tmp_path):
    """Fault: no table with a dot in its name; an unknown schema is told with those there are."""
    with pytest.raises(SinkError, match=r"there is no schema 'elsewhere'; there are: "):
        to_table(database_url, forecast_rows(), tmp_path, table="elsewhere.night")
    if database_url.startswith("postgresql"):
        fill(database_url, "CREATE SCHEMA stg")
        schema = "stg"
    else:
        schema = "main" if database_url.startswith("sqlite") else database_url.rpartition("/")[2]
    for _ in range(2):
        to_table(database_url, forecast_rows(), tmp_path, table=f"{schema}.night")
    assert ask(database_url, f"SELECT count(*) FROM {schema}.night") == [(4,)]


def test_missing_numbers_become_null(database_url, tmp_path):
    """Law: bounds that are NaN are NULL, not the text or the number; a NaN forecast is refused before any SQL."""
    rows = forecast_rows(ids=["A"], method="failed")
    nan = pa.array([float("nan")] * 2)
    for name in ("forecast", "q10"):
        rows = rows.set_column(rows.column_names.index(name), name, nan)
    to_table(database_url, rows, tmp_path)
    assert ask(database_url, "SELECT count(*) FROM night WHERE q10 IS NULL AND forecast IS NULL") == [(2,)]
    with pytest.raises(SinkError, match=r"forecast is None for id 'A'.*nothing was delivered"):
        to_table(database_url, forecast_rows(ids=["A"], level=float("nan")), tmp_path)


def test_a_key_that_comes_twice_is_refused_before_any_sql(database_url, tmp_path):
    """Trap: databases disagree about what to do with it."""
    rows = pa.concat_tables([forecast_rows(), forecast_rows(ids=["B"], level=0.0)])
    with pytest.raises(SinkError, match=r"2 forecast rows have one key \(id 'B', target 'y', time 2024-05-0[12]\)"):
        to_table(database_url, rows, tmp_path)
    engine = create_engine(database_url)
    with engine.connect() as connection:
        assert not engine.dialect.has_table(connection, "night")
    engine.dispose()


def test_instants_keep_their_instant(database_url, tmp_path):
    """In a table of ours they are UTC; the second delivery finds the same rows."""
    for _ in range(2):
        to_table(database_url, stamped(forecast_rows(ids=["A"])), tmp_path)
    shown = {"postgresql": "to_char(time AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI')"}.get(
        database_url.split("+")[0], "substr(cast(time AS char(40)), 1, 16)"
    )
    assert ask(database_url, f"SELECT {shown} FROM night ORDER BY time") == [
        ("2024-04-01 01:00",),
        ("2024-04-01 02:00",),
    ]


def test_instants_in_a_text_column_say_that_they_are_utc(database_url, tmp_path):
    """Law: what is stored parses back to the same instants as Python's own form."""
    fill(database_url, USERS_TABLE.replace("time DATE", "time VARCHAR(40)"))
    for level in (100.0, 200.0):
        to_table(database_url, stamped(forecast_rows(ids=["A"], level=level)), tmp_path)
    stored = [datetime.fromisoformat(value) for (value,) in ask(database_url, "SELECT time FROM night ORDER BY time")]
    assert stored == [datetime(2024, 4, 1, hour, tzinfo=UTC) for hour in (1, 2)]


@pytest.mark.parametrize("declared", ["TIMESTAMP", "TIMESTAMP WITH TIME ZONE"])
def test_instants_keep_their_instant_in_the_users_column_whatever_zone_the_server_shows(
    database_url, tmp_path, declared
):
    """PostgreSQL and MariaDB keep UTC under TIMESTAMP WITH TIME ZONE and TIMESTAMP; a stamp without a zone is UTC."""
    if "ZONE" in declared and not database_url.startswith("postgresql"):
        pytest.skip("a type of PostgreSQL")
    if database_url.startswith("postgresql"):
        fill(database_url, f"ALTER DATABASE {database_url.rpartition('/')[2]} SET timezone = 'America/St_Johns'")
    fill(database_url, USERS_TABLE.replace("time DATE", f"time {declared}"))
    to_table(database_url, stamped(forecast_rows(ids=["A"])), tmp_path)
    utc = " AT TIME ZONE 'UTC'" if "ZONE" in declared else ""
    zone = {
        "postgresql": f"SELECT CAST(time{utc} AS TEXT) FROM night ORDER BY 1",
        "mysql": "SELECT CONVERT_TZ(time, @@time_zone, '+00:00') FROM night ORDER BY 1",
        "sqlite": "SELECT time FROM night ORDER BY 1",
    }[database_url.split(":")[0].split("+")[0]]
    assert [str(value)[:16] for (value,) in ask(database_url, zone)] == ["2024-04-01 01:00", "2024-04-01 02:00"]


@pytest.mark.parametrize("declared", ["INTEGER", "BIGINT", "NUMERIC(20)"])
def test_text_ids_of_digits_find_their_rows_in_a_column_of_numbers(database_url, tmp_path, declared):
    """Law: '1' updates 1; 007 would become 7, and is refused."""
    fill(
        database_url,
        USERS_TABLE.replace("id VARCHAR(20)", f"id {declared}"),
        "INSERT INTO night VALUES (1, 'y', '2024-05-01', 0, 'kept')",
    )
    to_table(database_url, forecast_rows(ids=["1"], horizon=1), tmp_path)
    assert ask(database_url, "SELECT id, forecast, note FROM night") == [(1, 101.0, "kept")]
    with pytest.raises(SinkError, match="does not keep id '001'"):
        to_table(database_url, forecast_rows(ids=["001"], horizon=1, level=200.0), tmp_path)
    assert ask(database_url, "SELECT forecast FROM night") == [(101.0,)]


def test_an_id_that_is_no_number_is_refused_by_a_column_of_numbers(database_url, tmp_path):
    fill(database_url, USERS_TABLE.replace("id VARCHAR(20)", "id INTEGER"))
    if database_url.startswith("sqlite"):
        to_table(database_url, forecast_rows(ids=["A"], horizon=1), tmp_path)
        assert ask(database_url, "SELECT id FROM night") == [("A",)]
        return
    with pytest.raises(SinkError, match="refused"):
        to_table(database_url, forecast_rows(ids=["A"], horizon=1), tmp_path)


@pytest.mark.parametrize("name", ["50%", "a:b", "it's", "say so", "Straße", "a.b"])
def test_names_of_key_columns_and_tables_may_be_anything(database_url, tmp_path, name):
    """Law: percent signs, colons, quotes, blanks; a dot in a table's name would end its schema."""
    bare = name.replace(".", "_")
    for level in (100.0, 200.0):
        to_table(database_url, forecast_rows(key=name, level=level), tmp_path, table=bare, keys=(name,))
    engine = create_engine(database_url)
    with engine.connect() as connection:
        found: Any = (
            select(column(name), column("forecast")).select_from(table(bare)).order_by(column("forecast"), column(name))
        )
        assert [tuple(row) for row in connection.execute(found)] == [
            ("A", 201.0), ("B", 201.0), ("A", 202.0), ("B", 202.0),
        ]  # fmt: skip
    engine.dispose()


@pytest.mark.parametrize("name", ["y %", "%s", "y%%", "y:hat", 'y"hat'])
def test_names_of_other_columns_may_be_anything_too(database_url, tmp_path, name):
    """Fault: a percent sign in a column that is no part of the key came out double on MariaDB."""
    sink = Sink(name="warehouse", url="env:URL", table="night", columns={"forecast": name})
    for level in (100.0, 200.0):
        rows = partial(forecast_rows, ids=["A"], level=level)
        deliver(sink, rows, keys=("id",), folder=tmp_path, url=database_url, now=NOW)
    engine = create_engine(database_url)
    with engine.connect() as connection:
        found: Any = select(column(name)).select_from(table("night")).order_by(column("time"))
        assert connection.scalars(found).all() == [201.0, 202.0]
    engine.dispose()


def test_a_file_may_have_rounded_numbers(tmp_path):
    """99.5 + 1 is 101 with no decimals, and its lower bound 100."""
    sink = Sink(name="file", path="out.csv", round=0)
    deliver(sink, lambda: forecast_rows(ids=["A"], level=99.5), keys=("id",), folder=tmp_path, url=None, now=NOW)
    back = pa_csv.read_csv(tmp_path / "out.csv")
    assert (back["forecast"].to_pylist(), back["q10"].to_pylist()) == ([101, 102], [100, 101])


def test_a_file_is_asked_for_its_rows_while_nobody_else_can_write_it(tmp_path):
    """Whoever wrote meanwhile is seen, and where nothing is current any more the file stays as it is."""
    sink = Sink(name="file", path="out.csv")
    deliver(sink, forecast_rows, keys=("id",), folder=tmp_path, url=None, now=NOW)
    before = (tmp_path / "out.csv").read_bytes()

    def nothing():
        handle = os.open(tmp_path, os.O_RDONLY)
        with pytest.raises(BlockingIOError):
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.close(handle)
        return forecast_rows().slice(0, 0)

    assert deliver(sink, nothing, keys=("id",), folder=tmp_path, url=None, now=NOW) == 0
    assert (tmp_path / "out.csv").read_bytes() == before


def test_a_nul_character_in_an_id_is_refused_before_any_sql(database_url, tmp_path):
    """PostgreSQL has no such text; SQLite's functions end at it."""
    with pytest.raises(SinkError, match=r"id 'A\\x00' holds a NUL character"):
        to_table(database_url, forecast_rows(ids=["A\x00"]), tmp_path)


def test_thousands_of_rows_are_delivered_within_the_limits_of_each_database(database_url, tmp_path):
    """Law: 28,000 rows, and once more to update them all."""
    rows = forecast_rows(ids=[f"S{number:04d}" for number in range(1000)], horizon=28)
    for level in (100.0, 200.0):
        rows = forecast_rows(ids=[f"S{number:04d}" for number in range(1000)], horizon=28, level=level)
        assert to_table(database_url, rows, tmp_path) == 28_000
    assert ask(database_url, "SELECT count(*), min(forecast), max(forecast) FROM night") == [(28_000, 201.0, 228.0)]


def test_rows_are_written_in_the_order_of_their_keys(tmp_path):
    """Law: two writers that go through the same rows in the same order cannot wait for each other."""
    url = f"sqlite:///{tmp_path / 'sink.db'}"
    rows = forecast_rows(ids=["C", "A", "B"])
    to_table(url, rows, tmp_path)
    with closing(sqlite3.connect(tmp_path / "sink.db")) as connection:
        keys = connection.execute("SELECT id, step FROM night ORDER BY rowid").fetchall()
    assert keys == list(product("ABC", (1, 2)))


def test_a_database_that_is_away_may_be_tried_again(tmp_path):
    """The error is transient and names the place, not the password."""
    with pytest.raises(
        SinkUnavailableError, match=r"the sink postgresql://127.0.0.1:1/sales cannot be reached"
    ) as caught:
        to_table("postgresql://me:not-real@127.0.0.1:1/sales", forecast_rows(), tmp_path)
    assert caught.value.transient
    assert "not-real" not in str(caught.value)


def test_a_read_only_database_is_no_passing_fault(tmp_path):
    """Another attempt would not mend it."""
    path = tmp_path / "sink.db"
    fill(f"sqlite:///{path}", USERS_TABLE)
    with pytest.raises(SinkError, match="readonly") as caught:
        to_table(f"sqlite:///file:{path}?mode=ro&uri=true", forecast_rows(), tmp_path)
    assert not caught.value.transient


def test_a_table_without_a_needed_column_is_refused_with_those_it_has(database_url, tmp_path):
    """The forecast itself must have a place; bounds need not."""
    fill(database_url, USERS_TABLE.replace("forecast", "y_hat"))
    with pytest.raises(SinkError, match=r"has no column forecast; its columns are: id, target, time, y_hat, note"):
        to_table(database_url, forecast_rows(), tmp_path)
