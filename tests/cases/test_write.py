"""Writing: doubled keys, repeated runs, odd names, and columns that cannot keep what they are given."""

import sqlite3
import threading
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow as pa
import pytest
import sql_tables
from cases.running import Night, ask, by_series, fill, tell
from cases.tables import csv_text, days, history, hours, observed, pipeline, read, save
from cutting import proxy
from nights import NOW, forecast_rows
from sqlalchemy import create_engine, make_url, text

from lstm.config import Sink
from lstm.data.panel.windows import SPLITS
from lstm.errors import ConfigError, ForecastError, SinkError, SinkUnavailableError, SourceError
from lstm.model.fitting.fit import fit
from lstm.storage.sinks.delivery import deliver
from lstm.storage.sql.connections import connect

NINETY = days(90)
AS_OF = "2024-03-31"
HORIZON = days(7, AS_OF)
SINK = """
[[sinks]]
name = "warehouse"
url = "{url}"
table = "{table}"
[sinks.columns]
{columns}
"""
NAMES = {"id": "unique_id", "time": "ds", "forecast": "y_hat"}
PLAN = (
    "CREATE TABLE plan (unique_id {id} NOT NULL, ds {ds} NOT NULL, y_hat {number}, note VARCHAR(40), "
    "PRIMARY KEY (unique_id, ds))"
)


def plan_table(unique_id: str = "TEXT", ds: str = "TEXT", number: str = "REAL") -> str:
    """The statement that makes a user's table of forecasts, with the user's names."""
    return PLAN.format(id=unique_id, ds=ds, number=number)


def sink_of(table: str = "plan", names: dict[str, str] = NAMES, url: str = "sqlite:///in.db") -> str:
    """The part of a pipeline file that says where forecasts go, and under which names."""
    return SINK.format(
        url=url, table=table, columns="\n".join(f'{name} = "{column}"' for name, column in names.items())
    )


def hand_over(url: str, rows: pa.Table, folder: Path, table: str = "plan", names: dict[str, str] | None = None) -> int:
    """Brings rows to a table of a database. names: the table's, for our columns."""
    sink = Sink(name="warehouse", url="env:URL", table=table, columns=names or {})
    return deliver(sink, lambda: rows, keys=("id",), folder=folder, url=url, now=NOW)


def table_night(folder: Path, ids=("A", "B"), sink="plan", declared="TEXT") -> Night:
    """A night over the table `sales` of in.db, whose forecasts go to a table of the same database."""
    tell(folder / "in.db", "CREATE TABLE sales (id TEXT, ds TEXT, y REAL)", plan_table(declared))
    fill(folder / "in.db", "sales", history(ids, NINETY))
    return Night(folder, 'url = "sqlite:///in.db"\ntable = "sales"', rest=sink_of(sink))


# Idempotence


def test_a_doubled_key_is_refused_before_any_sql_on_every_database(database_url, tmp_path):
    """B has one day twice with different values; there is not even a table."""
    rows = pa.concat_tables([forecast_rows(), forecast_rows(ids=["B"], level=900.0, horizon=1)])
    with pytest.raises(SinkError, match=r"2 forecast rows have one key \(id 'B', target 'y', time 2024-05-01\)"):
        hand_over(database_url, rows, tmp_path)
    engine = create_engine(database_url)
    with engine.connect() as connection:
        assert not engine.dialect.has_table(connection, "plan")
    engine.dispose()


def windows_of(night: Night, outcome) -> list[tuple[int, date, str]]:
    return [(row["series"], row["cutoff"], row["split"]) for row in night.windows(outcome).to_pylist()]


def test_a_second_run_leaves_as_many_windows_as_the_first(tmp_path):
    """The same folder, the same run; no window is there twice."""
    save(tmp_path, csv_text(history(["A", "B"], NINETY)))
    night = Night(tmp_path)
    first = windows_of(night, night.run(AS_OF))
    again = windows_of(night, night.run(AS_OF))
    assert again == first
    assert len(set(again)) == len(again)
    assert {split for *_, split in again} == set(SPLITS)


def test_no_window_of_a_withdrawn_series_is_left_behind(tmp_path):
    """First A, B and C, then A and B, in the same folder."""
    save(tmp_path, csv_text(history(["A", "B", "C"], NINETY)))
    night = Night(tmp_path)
    assert {series for series, *_ in windows_of(night, night.run(AS_OF))} == {0, 1, 2}
    save(tmp_path, csv_text(history(["A", "B"], NINETY)))
    outcome = night.run(AS_OF)
    windows = windows_of(night, outcome)
    assert {series for series, *_ in windows} == {0, 1}
    alone = tmp_path / "alone"
    alone.mkdir()
    save(alone, csv_text(history(["A", "B"], NINETY)))
    apart = Night(alone)
    assert windows == windows_of(apart, apart.run(AS_OF))


# Atomicity and upserts: what is the user's stays the user's


def test_a_delivery_that_breaks_in_the_middle_leaves_every_old_row(tmp_path):
    """A trigger refuses one row of B; the 14 old rows stay, the run says so, and the ledger has tonight's."""
    night = table_night(tmp_path)
    old = [(name, day, 0.0, None) for name in "AB" for day in HORIZON]
    fill(tmp_path / "in.db", "plan", old)
    for event in ("INSERT", "UPDATE"):
        tell(
            tmp_path / "in.db",
            f"CREATE TRIGGER broken_{event} BEFORE {event} ON plan "
            "WHEN NEW.unique_id = 'B' AND NEW.ds LIKE '2024-04-03%' "
            "BEGIN SELECT RAISE(ABORT, 'simulated failure in the middle'); END",
        )
    outcome = night.run(AS_OF)
    assert outcome.exit_code == 3
    assert "warehouse" in outcome.sentence
    assert "simulated failure in the middle" in outcome.sentence
    assert ask(tmp_path / "in.db", "SELECT * FROM plan ORDER BY 1, 2") == old
    assert len(night.rows(outcome)) == 14


def test_the_table_is_never_replaced(tmp_path):
    """An index, a view, a row of 2020 and the note of a planner are all there afterwards."""
    night = table_night(tmp_path)
    tell(
        tmp_path / "in.db",
        "CREATE UNIQUE INDEX ux ON plan (unique_id, ds)",
        "CREATE VIEW latest AS SELECT unique_id, max(ds) AS ds FROM plan GROUP BY unique_id",
        "INSERT INTO plan VALUES ('A', '2020-01-01', 1.0, NULL)",
        "INSERT INTO plan VALUES ('A', '2024-04-01', 0.0, 'promotion agreed')",
    )
    outcome = night.run(AS_OF)
    assert outcome.exit_code == 0, outcome.sentence
    kept = "SELECT y_hat, note FROM plan WHERE ds = '2020-01-01' OR note IS NOT NULL ORDER BY ds"
    (old, none), (new, note) = ask(tmp_path / "in.db", kept)
    assert (old, none, note) == (1.0, None, "promotion agreed")
    assert new > 1.0
    assert ask(tmp_path / "in.db", "SELECT count(*) FROM plan") == [(15,)]
    assert ask(tmp_path / "in.db", "SELECT * FROM latest ORDER BY 1") == [("A", "2024-04-06"), ("B", "2024-04-06")]
    named = ask(tmp_path / "in.db", "SELECT name FROM sqlite_master WHERE name IN ('ux', 'latest') ORDER BY name")
    assert named == [("latest",), ("ux",)]


def test_more_rows_than_a_statement_has_variables_are_written_whole(tmp_path, monkeypatch):
    """28,000 rows through connections that allow 999 variables."""
    connect = sqlite3.connect

    def limited(*args, **kwargs):
        connection = connect(*args, **kwargs)
        connection.setlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER, 999)
        return connection

    monkeypatch.setattr("sqlite3.dbapi2.connect", limited)
    tell(tmp_path / "in.db", plan_table())
    rows = forecast_rows(ids=[f"S{number:04d}" for number in range(1000)], horizon=28)
    assert hand_over(f"sqlite:///{tmp_path / 'in.db'}", rows, tmp_path, names=NAMES) == 28_000
    monkeypatch.undo()
    written = ask(tmp_path / "in.db", "SELECT count(*), min(y_hat), max(y_hat) FROM plan")
    assert written == [(28_000, 101.0, 128.0)]


def count_of(url: str) -> list[tuple[int, int]]:
    """Rows of the table `plan`, and those with a number above zero."""
    query = "SELECT count(*), count(CASE WHEN y_hat > 0 THEN 1 END) FROM plan"
    return [(rows, positive) for rows, positive in sql_tables.ask(url, query)]


@pytest.mark.slow
@pytest.mark.parametrize("database_url", ["postgresql", "mariadb"], indirect=True)
def test_connections_that_die_during_training_do_not_stop_the_delivery(database_url, tmp_path, monkeypatch):
    """Source and sink lie behind a proxy that cuts all that is open, once the source is read."""
    place = make_url(database_url)
    engine = create_engine(database_url)
    with engine.begin() as connection:
        connection.execute(text(plan_table("VARCHAR(9)", "DATE", "DOUBLE PRECISION")))
        connection.execute(text("CREATE TABLE sales (id VARCHAR(9), ds DATE, y DOUBLE PRECISION)"))
        rows = [{"id": name, "ds": day, "y": y} for name, day, y in history(["A", "B"], NINETY)]
        connection.execute(text("INSERT INTO sales VALUES (:id, :ds, :y)"), rows)
    engine.dispose()
    with proxy(place.host or "127.0.0.1", place.port or 5432) as between:
        behind = place.set(host="127.0.0.1", port=between.port).render_as_string(hide_password=False)

        def trained(*arguments, **named):
            between.cut()
            return fit(*arguments, **named)

        monkeypatch.setattr("lstm.steps.train.fit", trained)
        night = Night(tmp_path, f'url = "{behind}"\ntable = "sales"', rest=sink_of(url=behind))
        outcome = night.run(AS_OF)
        assert between.opened > 1
    assert outcome.exit_code == 0, outcome.sentence
    assert count_of(database_url) == [(14, 14)]


def test_a_delivery_waits_for_a_writer_that_holds_the_lock(tmp_path, monkeypatch):
    """The other process holds it when the delivery begins, and lets go only then."""
    tell(tmp_path / "in.db", plan_table())
    begun = threading.Event()

    def connected(*arguments):
        engine = connect(*arguments)
        begun.set()
        return engine

    monkeypatch.setattr("lstm.storage.sinks.sink_table.connect", connected)
    delivery = threading.Thread(
        target=hand_over, args=(f"sqlite:///{tmp_path / 'in.db'}", forecast_rows(horizon=7), tmp_path, "plan", NAMES)
    )
    with closing(sqlite3.connect(tmp_path / "in.db", isolation_level=None)) as rival:
        rival.execute("BEGIN IMMEDIATE")
        rival.execute("INSERT INTO plan VALUES ('A', '1999-01-01', 1, NULL)")
        delivery.start()
        assert begun.wait(60)
        assert rival.execute("SELECT count(*) FROM plan").fetchone() == (1,)
        rival.execute("ROLLBACK")
    delivery.join()
    assert count_of(f"sqlite:///{tmp_path / 'in.db'}") == [(14, 14)]


def test_a_lock_that_is_never_let_go_leaves_the_old_rows_and_may_be_tried_again(tmp_path, monkeypatch):
    """Giving up is told, changes nothing, and counts as a fault that passes."""
    url = f"sqlite:///{tmp_path / 'in.db'}"
    tell(tmp_path / "in.db", plan_table(), "INSERT INTO plan VALUES ('A', '2024-05-01', 0, NULL)")
    monkeypatch.setattr("lstm.storage.sql.dialects.sqlite.BUSY_SECONDS", 0)
    with closing(sqlite3.connect(tmp_path / "in.db", isolation_level=None)) as rival:
        rival.execute("BEGIN IMMEDIATE")
        with pytest.raises(SinkUnavailableError, match="database is locked"):
            hand_over(url, forecast_rows(horizon=7), tmp_path, names=NAMES)
        rival.execute("ROLLBACK")
    assert count_of(url) == [(1, 0)]
    hand_over(url, forecast_rows(horizon=7), tmp_path, names=NAMES)
    assert count_of(url) == [(14, 14)]


# Names


def test_reserved_words_name_tables_and_columns_from_end_to_end(tmp_path):
    """The table "table" with "group", "order" and "select" is read, and 14 rows reach "values"."""
    tell(
        tmp_path / "in.db",
        'CREATE TABLE "table" ("group" TEXT, "order" TEXT, "select" REAL)',
        'CREATE TABLE "values" ("group" TEXT, "order" TEXT, "select" REAL, UNIQUE ("group", "order"))',
    )
    fill(tmp_path / "in.db", '"table"', history(["A", "B"], NINETY))
    columns = 'series = ["group"]\ntime = "order"\ntargets = ["select"]\n'
    place = 'url = "sqlite:///in.db"\ntable = "table"'
    night = Night(tmp_path, place, columns=columns, rest=sink_of("values", {"time": "order", "forecast": "select"}))
    outcome = night.run(AS_OF)
    assert outcome.exit_code == 0, outcome.sentence
    assert sorted(by_series(night.rows(outcome), "group")) == ["A", "B"]
    delivered = ask(tmp_path / "in.db", 'SELECT "group", min("order"), count("select") FROM "values" GROUP BY 1')
    assert delivered == [("A", AS_OF, 7), ("B", AS_OF, 7)]
    source = {"url": "sqlite:///in.db", "table": "table", "series": ["group"], "time": "order", "targets": ["select"]}
    assert read(tmp_path, pipeline(source), AS_OF)[1].rows_read == 180


def schema_of(url: str) -> str:
    """A schema that is there: made on PostgreSQL, the database itself elsewhere."""
    if not url.startswith("postgresql"):
        return "main" if url.startswith("sqlite") else url.rpartition("/")[2]
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text("CREATE SCHEMA stg"))
    engine.dispose()
    return "stg"


def test_a_dot_parts_schema_and_table_for_sources_and_sinks(database_url, tmp_path):
    """No table has a dot in its name, and an unknown schema is a clear error."""
    schema = schema_of(database_url)
    assert hand_over(database_url, forecast_rows(), tmp_path, f"{schema}.plan") == 4
    engine = create_engine(database_url)
    with engine.begin() as connection:
        assert connection.execute(text(f"SELECT count(*) FROM {schema}.plan")).scalar() == 4
        assert not engine.dialect.has_table(connection, f"{schema}.plan")
    engine.dispose()
    source = {"url": database_url, "series": ["id"], "time": "time", "targets": ["forecast"]}
    panel, _ = read(tmp_path, pipeline(source | {"table": f"{schema}.plan"}, horizon=2), "2024-05-03")
    assert observed(panel, "B") == {"2024-05-01": 101.0, "2024-05-02": 102.0}
    with pytest.raises(SinkError, match="there is no schema 'nowhere'"):
        hand_over(database_url, forecast_rows(), tmp_path, "nowhere.plan")
    with pytest.raises(SourceError, match="nowhere"):
        read(tmp_path, pipeline(source | {"table": "nowhere.plan"}, horizon=2), "2024-05-03")


def test_columns_that_only_case_tells_apart_stay_apart(tmp_path):
    """Two past covariates of a file, from the panel to the published night."""
    rows = [(*row, float(step % 5), float(step % 3)) for step, row in enumerate(history(["A", "B"], NINETY))]
    save(tmp_path, csv_text(rows, "id,ds,y,Wind,WIND"))
    panel, _ = read(tmp_path, pipeline({"past_covariates": ["Wind", "WIND"]}), AS_OF)
    assert panel.past_names == ("Wind", "WIND")
    assert panel.past[:6].tolist() == [[step % 5, step % 3] for step in range(6)]
    columns = 'series = ["id"]\ntime = "ds"\ntargets = ["y"]\npast_covariates = ["Wind", "WIND"]\n'
    night = Night(tmp_path, columns=columns)
    outcome = night.run(AS_OF)
    assert len(night.rows(outcome)) == 14, outcome.sentence


def test_keys_that_only_case_tells_apart_are_refused_before_anything_is_written(tmp_path):
    """A database that ignores case could keep only one of them; the pair is named before training."""
    save(tmp_path, csv_text([("A", *row) for row in history(["A"], NINETY)], "ID,id,ds,y"))
    with pytest.raises(ConfigError, match=r"'id' and 'ID'|'ID' and 'id'"):
        read(tmp_path, pipeline({"series": ["ID", "id"]}), AS_OF)


# Stored types


def test_aware_stamps_in_text_columns_keep_their_instants(tmp_path):
    """Hourly UTC stamps over the change of Amsterdam's clocks; what is written is read back as one axis."""
    stamps = [f"{stamp.replace(' ', 'T')}+00:00" for stamp in hours(240, "2024-03-22 00:00")]
    tell(tmp_path / "in.db", "CREATE TABLE sales (id TEXT, ds TEXT, y REAL)", plan_table())
    fill(tmp_path / "in.db", "sales", history(["A"], stamps))
    night = Night(
        tmp_path,
        'url = "sqlite:///in.db"\ntable = "sales"',
        frequency="h",
        horizon=24,
        look_back=48,
        top='time_zone = "Europe/Amsterdam"',
        rest=sink_of(),
    )
    outcome = night.run("2024-04-01T00:00:00Z")
    assert outcome.exit_code == 0, outcome.sentence
    expected = [datetime(2024, 4, 1, hour, tzinfo=UTC) for hour in range(24)]
    assert [row["time"] for row in night.rows(outcome)] == expected
    stored = [datetime.fromisoformat(cell) for (cell,) in ask(tmp_path / "in.db", "SELECT ds FROM plan ORDER BY 1")]
    assert stored == expected
    query = "SELECT id, ds, y FROM sales UNION ALL SELECT unique_id, ds, y_hat FROM plan"
    both = pipeline({"url": "sqlite:///in.db", "query": query}, frequency=None, time_zone="Europe/Amsterdam")
    panel, _ = read(tmp_path, both, "2024-04-02")
    axis = list(observed(panel, "A"))
    assert len(axis) == 264
    assert (axis[0], axis[-1]) == ("2024-03-22T00:00Z", "2024-04-01T23:00Z")
    assert None not in observed(panel, "A").values()


def test_a_column_that_makes_7_of_007_is_refused_and_gets_no_row(tmp_path):
    """STRING is a column of numbers to SQLite."""
    night = table_night(tmp_path, ("007", "7"), declared="STRING")
    outcome = night.run(AS_OF)
    assert outcome.exit_code == 3
    assert "does not keep unique_id '007'" in outcome.sentence
    assert ask(tmp_path / "in.db", "SELECT * FROM plan") == []
    assert {name: len(rows) for name, rows in by_series(night.rows(outcome)).items()} == {"007": 7, "7": 7}


def test_ids_that_look_like_numbers_are_kept_apart_in_a_table_of_ours(tmp_path):
    """A table that the product makes itself."""
    night = table_night(tmp_path, ("007", "7"), sink="ours")
    outcome = night.run(AS_OF)
    assert outcome.exit_code == 0, outcome.sentence
    assert ask(tmp_path / "in.db", "SELECT unique_id, count(*) FROM ours GROUP BY unique_id") == [("007", 7), ("7", 7)]


def test_bounds_that_are_missing_are_null_on_every_database(database_url, tmp_path):
    """No text nan and no NaN; a forecast that is missing is refused before anything is written."""
    rows = forecast_rows()
    bounds = {name: rows[name].to_pylist() for name in ("q10", "q90")}
    failed = pa.array(["champion", "champion", "failed", "failed"])
    for name, values in bounds.items():
        values[2:] = [float("nan"), None]
        rows = rows.set_column(rows.column_names.index(name), name, pa.array(values, pa.float64()))
    rows = rows.set_column(rows.column_names.index("method"), "method", failed)
    rows = rows.set_column(rows.column_names.index("q50"), "q50", rows["forecast"])
    statement = plan_table("VARCHAR(9)", "DATE", "DOUBLE PRECISION NOT NULL, lo DOUBLE PRECISION, hi DOUBLE PRECISION")
    names = NAMES | {"q10": "lo", "q90": "hi"}
    engine = create_engine(database_url)
    with engine.begin() as connection:
        connection.execute(text(statement))
    assert hand_over(database_url, rows, tmp_path, names=names) == 4
    with engine.connect() as connection:
        ids = connection.execute(text("SELECT unique_id FROM plan WHERE lo IS NULL AND hi IS NULL")).fetchall()
    engine.dispose()
    assert [tuple(row) for row in ids] == [("B",), ("B",)]
    with pytest.raises(ForecastError, match=r"forecast is None for id 'A'.*nothing was delivered"):
        hand_over(database_url, forecast_rows(level=float("nan")), tmp_path)


def test_a_query_reads_what_a_table_holds(tmp_path):
    """Names of the query's own; the database is only read."""
    tell(tmp_path / "in.db", "CREATE TABLE sales (id TEXT, ds TEXT, y REAL)")
    fill(tmp_path / "in.db", "sales", history(["A"], days(10)))
    with closing(sqlite3.connect(tmp_path / "in.db")) as connection:
        before = connection.execute("PRAGMA data_version").fetchone()
        query = 'SELECT id AS "group", ds AS "order", y FROM sales'
        source = {"url": "sqlite:///in.db", "query": query, "series": ["group"], "time": "order"}
        panel, _ = read(tmp_path, pipeline(source), "2024-01-11")
        assert connection.execute("PRAGMA data_version").fetchone() == before
    assert list(observed(panel, "A")) == days(10)
