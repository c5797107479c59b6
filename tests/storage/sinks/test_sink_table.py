"""The user's own table: its names, its types and what it forbids are the user's; nothing is changed silently."""

import threading
from datetime import UTC, date, datetime, timedelta

import pyarrow as pa
import pytest
from nights import NOW, forecast_rows
from sink_deliveries import LEAST, NAMES, bring, on_mariadb, on_postgresql, plan
from sql_tables import ask, fill
from sqlalchemy import create_engine, text

from lstm.config import Sink
from lstm.errors import SinkError, SinkUnavailableError
from lstm.storage.sinks.collation import doubtful_texts
from lstm.storage.sinks.delivery import deliver
from lstm.storage.sinks.unique_keys import unique_key


def hourly(rows):
    stamps = [datetime(2024, 4, 1, tzinfo=UTC) + timedelta(hours=step) for step in rows["step"].to_pylist()]
    return rows.set_column(rows.column_names.index("time"), "time", pa.array(stamps, pa.timestamp("us", tz="UTC")))


def of_two_targets():
    one = forecast_rows()
    other = one.set_column(one.column_names.index("target"), "target", pa.array(["z"] * len(one)))
    return pa.concat_tables([one, other])


# Names


def test_a_table_of_the_users_names_gets_the_forecasts_of_one_target(database_url):
    """Neither target nor quantiles are in the table; twice, so that the second replaces the first."""
    fill(database_url, plan())
    for level in (100.0, 200.0):
        bring(database_url, forecast_rows(level=level), columns=LEAST)
    found = ask(database_url, "SELECT item, ds, y_hat FROM plan ORDER BY item, ds")
    assert [(item, str(ds), y_hat) for item, ds, y_hat in found] == [
        ("A", "2024-05-01", 201.0), ("A", "2024-05-02", 202.0), ("B", "2024-05-01", 201.0), ("B", "2024-05-02", 202.0),
    ]  # fmt: skip


def test_two_targets_need_a_column_that_tells_them_apart(database_url):
    fill(database_url, plan())
    with pytest.raises(SinkError, match="has no column target, and there are forecasts of y, z; add the column"):
        bring(database_url, of_two_targets(), columns=LEAST)
    assert ask(database_url, "SELECT * FROM plan") == []


def test_bounds_go_to_the_columns_that_the_file_names_and_must_be_there(database_url):
    fill(database_url, plan(more="lo DOUBLE PRECISION"))
    with pytest.raises(SinkError, match=r"has no column hi; its columns are: item, ds, y_hat, lo; .*sinks.columns"):
        bring(database_url, forecast_rows())
    fill(database_url, "ALTER TABLE plan ADD COLUMN hi DOUBLE PRECISION")
    bring(database_url, forecast_rows(ids=["A"], horizon=1))
    assert ask(database_url, "SELECT lo, y_hat, hi FROM plan") == [(100.0, 101.0, 102.0)]


def test_a_column_of_our_name_that_is_left_out_stays_the_users(database_url):
    """`reason` means something else in the table."""
    fill(
        database_url,
        plan(more="reason VARCHAR(20), method VARCHAR(20)"),
        "INSERT INTO plan VALUES ('A', '2024-05-01', 0, 'strike', NULL)",
    )
    kept = LEAST | {"reason": ""}
    bring(database_url, forecast_rows(ids=["A"], horizon=1), columns=kept)
    assert ask(database_url, "SELECT y_hat, reason, method FROM plan") == [(101.0, "strike", "champion")]


def test_a_missing_table_is_made_with_the_names_of_the_file(database_url):
    bring(database_url, forecast_rows(ids=["A"], horizon=1), columns=NAMES | {"target": ""})
    assert ask(database_url, "SELECT item, lo, y_hat, hi, method FROM plan") == [("A", 100.0, 101.0, 102.0, "champion")]
    assert bring(database_url, forecast_rows(ids=["A"], horizon=1), columns=NAMES | {"target": ""}) == []


def test_a_file_has_the_names_too(tmp_path):
    sink = Sink(name="file", path="out.csv", columns=NAMES | {"reason": "", "method": ""})
    deliver(sink, lambda: forecast_rows(ids=["A"], horizon=1), keys=("id",), folder=tmp_path, url=None, now=NOW)
    header = (tmp_path / "out.csv").read_text(encoding="utf-8").splitlines()[0]
    assert header == '"item","target","cutoff","ds","step","y_hat","lo","q50","hi","model_version"'


def test_columns_that_differ_by_case_alone_are_found(database_url):
    """A table of another tool's spelling."""
    quote = "`" if database_url.startswith("mysql") else '"'
    named = "CREATE TABLE plan (_Id_ VARCHAR(9), _Time_ DATE, _Forecast_ DOUBLE PRECISION, PRIMARY KEY (_Id_, _Time_))"
    fill(database_url, named.replace("_", quote))
    for _ in range(2):
        bring(database_url, forecast_rows(), columns={})
    assert ask(database_url, "SELECT count(*) FROM plan") == [(4,)]


@pytest.mark.slow
@on_postgresql
def test_no_second_table_is_made_where_one_differs_by_case(database_url):
    """PostgreSQL folds an unquoted name; a second table would fill while the dashboard reads the first."""
    fill(database_url, plan())
    with pytest.raises(SinkError, match="there is no table Plan, but plan; here capital and small letters matter"):
        bring(database_url, forecast_rows(), table="Plan")


@pytest.mark.slow
@on_postgresql
def test_a_schema_and_a_table_may_have_dots_and_quotes(database_url):
    fill(database_url, 'CREATE SCHEMA "a.b"')
    for level in (100.0, 200.0):
        bring(database_url, forecast_rows(level=level), table='"a.b"."my ""plan"""')
    assert ask(database_url, 'SELECT max(y_hat) FROM "a.b"."my ""plan"""') == [(202.0,)]


def test_a_key_with_the_cutoff_keeps_the_forecasts_of_every_night(database_url):
    fill(
        database_url,
        "CREATE TABLE plan (id VARCHAR(9), cutoff DATE, time DATE, forecast DOUBLE PRECISION, "
        "PRIMARY KEY (id, cutoff, time))",
    )
    for day in (29, 30, 30):
        bring(database_url, forecast_rows(date(2024, 4, day)), columns={})
    assert ask(database_url, "SELECT count(*), count(DISTINCT cutoff) FROM plan") == [(8, 2)]


# Types: what would be changed silently is refused


@pytest.mark.parametrize("declared", ["INTEGER", "BIGINT", "NUMERIC(9, 0)", "DECIMAL(9)"])
def test_whole_number_columns_would_round_forecasts_and_are_refused(database_url, declared):
    """PostgreSQL and MariaDB round silently; SQLite would keep fractions where nobody expects them."""
    fill(database_url, plan(y_hat=declared))
    rows = forecast_rows(level=100.25)
    with pytest.raises(SinkError, match=r"its column y_hat is .*which would round forecasts to whole numbers"):
        bring(database_url, rows, columns=LEAST)


def test_declared_decimals_are_rounded_and_told(database_url):
    """Nothing is lost that the table was made to keep, and the receipt says so."""
    fill(database_url, plan(y_hat="NUMERIC(9, 1)"))
    told = bring(database_url, forecast_rows(ids=["A"], level=100.26, horizon=1), columns=LEAST)
    assert told == ["column y_hat keeps 1 decimals, as it was declared"]
    assert [float(value) for (value,) in ask(database_url, "SELECT y_hat FROM plan")] == [101.3]


@pytest.mark.parametrize("declared", ["INTEGER", "BIGINT", "SMALLINT", "NUMERIC(9, 0)", "DOUBLE PRECISION"])
def test_a_sink_may_ask_for_whole_numbers(database_url, declared):
    """Halves go away from zero: 100.5 is 101, 101.5 is 102, and -0.4 is 0 without a sign."""
    fill(database_url, plan(y_hat=declared, more=f"lo {declared}"))
    names = LEAST | {"q10": "lo"}
    assert bring(database_url, forecast_rows(ids=["A"], level=99.5), columns=names, decimals=0) == []
    found = ask(database_url, "SELECT y_hat, lo FROM plan ORDER BY ds")
    assert [tuple(map(float, row)) for row in found] == [(101.0, 100.0), (102.0, 101.0)]
    bring(database_url, forecast_rows(ids=["A"], level=-1.4, horizon=1), columns=names, decimals=0)
    assert str(ask(database_url, "SELECT y_hat FROM plan ORDER BY ds")[0][0]).startswith("0")


def test_a_sink_that_asks_for_decimals_is_told_of_no_others(database_url):
    """100.25 with one decimal is 100.3; whole-number columns still do not take it."""
    fill(database_url, plan(y_hat="NUMERIC(9, 1)"))
    assert bring(database_url, forecast_rows(ids=["A"], level=99.25, horizon=1), columns=LEAST, decimals=1) == []
    assert [float(value) for (value,) in ask(database_url, "SELECT y_hat FROM plan")] == [100.3]
    fill(database_url, "DROP TABLE plan", plan(y_hat="INTEGER"))
    with pytest.raises(SinkError, match=r"would round forecasts to whole numbers; .*sinks.round = 0"):
        bring(database_url, forecast_rows(), columns=LEAST, decimals=1)


def test_a_number_beyond_the_column_is_refused_whole(database_url):
    """1,001.0 has four digits before the point, and the column three; SQLite would take it."""
    fill(database_url, plan(y_hat="NUMERIC(4, 1)"))
    with pytest.raises(SinkError, match=r"refused|is NUMERIC.4, 1., too small for 1001"):
        bring(database_url, forecast_rows(level=999.0), columns=LEAST)
    assert ask(database_url, "SELECT * FROM plan") == []


def test_a_forecast_needs_a_column_of_numbers(database_url):
    fill(database_url, plan(y_hat="VARCHAR(20)"))
    with pytest.raises(SinkError, match=r"its column y_hat is VARCHAR\(20\).*, and a forecast is a number"):
        bring(database_url, forecast_rows(), columns=LEAST)


def test_text_that_is_too_long_is_refused_whole(database_url):
    """MariaDB would cut it, were its session not strict; SQLite knows no length."""
    fill(database_url, plan(more="method VARCHAR(3)"))
    columns = LEAST
    if database_url.startswith("sqlite"):
        bring(database_url, forecast_rows(), columns=columns)
        assert ask(database_url, "SELECT DISTINCT method FROM plan") == [("champion",)]
        return
    with pytest.raises(SinkError, match="refused"):
        bring(database_url, forecast_rows(), columns=columns)
    assert ask(database_url, "SELECT * FROM plan") == []


@pytest.mark.slow
@on_mariadb
def test_a_lenient_server_cuts_nothing_either(database_url):
    """The mode is not strict by the URL or the server; the session of a delivery is."""
    fill(database_url, plan(item="VARCHAR(2)"))
    with pytest.raises(SinkError, match="refused"):
        bring(f"{database_url}?sql_mode=NO_ENGINE_SUBSTITUTION", forecast_rows(ids=["ABC"]), columns=LEAST)
    assert ask(database_url, "SELECT * FROM plan") == []


@pytest.mark.slow
@on_mariadb
def test_a_time_that_the_table_would_set_to_now_stays(database_url):
    """An older MariaDB declares the first TIMESTAMP so by itself."""
    declared = "TIMESTAMP DEFAULT current_timestamp() ON UPDATE current_timestamp()"
    fill(database_url, plan(ds=declared))
    for level in (100.0, 200.0):
        bring(database_url, hourly(forecast_rows(level=level)), columns=LEAST)
    assert ask(database_url, "SELECT count(*), max(y_hat), year(max(ds)) FROM plan") == [(4, 202.0, 2024)]


def test_hours_do_not_go_into_a_column_of_days(database_url):
    """24 rows would be one, or the last of them would win."""
    fill(database_url, plan())
    columns = LEAST
    if database_url.startswith("sqlite"):
        bring(database_url, hourly(forecast_rows()), columns=columns)
        assert ask(database_url, "SELECT count(*) FROM plan") == [(4,)]
        return
    with pytest.raises(SinkError, match="its column ds is DATE, which would cut the hours"):
        bring(database_url, hourly(forecast_rows()), columns=columns)


def test_days_do_not_go_into_a_column_of_whole_numbers(database_url):
    fill(database_url, plan(ds="INTEGER"))
    with pytest.raises(SinkError, match=r"its column ds is INTEGER.*, which holds no dates"):
        bring(database_url, forecast_rows(), columns=LEAST)


@pytest.mark.parametrize("declared", ["TIMESTAMP", "TIMESTAMP WITH TIME ZONE", "VARCHAR(30)"])
def test_a_day_is_the_same_day_whatever_zone_the_server_is_in(database_url, declared):
    """In a column of instants it is midnight in UTC."""
    if "ZONE" in declared and not database_url.startswith("postgresql"):
        pytest.skip("a type of PostgreSQL")
    if database_url.startswith("postgresql"):
        fill(database_url, f"ALTER DATABASE {database_url.rpartition('/')[2]} SET timezone = 'Asia/Tokyo'")
    fill(database_url, plan(ds=declared))
    for _ in range(2):
        bring(database_url, forecast_rows(ids=["A"]), columns=LEAST)
    shown = "ds AT TIME ZONE 'UTC'" if "ZONE" in declared else "ds"
    found = ask(database_url, f"SELECT {shown} FROM plan ORDER BY 1")
    assert [str(value)[:10] for (value,) in found] == ["2024-05-01", "2024-05-02"]


@pytest.mark.parametrize(
    ("example", "written"),
    [
        ("2024-04-01 01:00", "2024-04-01 02:00"),
        ("2024-04-01 01:00:00", "2024-04-01 02:00:00"),
        ("2024-04-01T01:00:00Z", "2024-04-01T02:00:00Z"),
        ("2024-04-01 01:00:00.000", "2024-04-01 02:00:00.000"),
        ("2024-04-01T01:00:00.000000+00:00", "2024-04-01T02:00:00.000000+00:00"),
    ],
)
def test_times_kept_as_text_are_written_as_the_table_has_them(database_url, example, written):
    """Another form of the same hour would be a second row."""
    fill(database_url, plan(ds="VARCHAR(40)"), f"INSERT INTO plan VALUES ('A', '{example}', 0)".replace(":", "\\:"))
    bring(database_url, hourly(forecast_rows(ids=["A"])), columns=LEAST)
    assert ask(database_url, "SELECT ds, y_hat FROM plan ORDER BY ds") == [(example, 101.0), (written, 102.0)]


@pytest.mark.parametrize("example", ["01.04.2024 01:00", "2024-04-01 02:00:00+01:00", "2024-04-01"])
def test_times_in_a_form_that_cannot_be_kept_are_refused(database_url, example):
    fill(database_url, plan(ds="VARCHAR(40)"), f"INSERT INTO plan VALUES ('A', '{example}', 0)".replace(":", "\\:"))
    with pytest.raises(SinkError, match=r"has times such as .* in ds, and tonight's cannot be written like it"):
        bring(database_url, hourly(forecast_rows(ids=["A"])), columns=LEAST)


def test_a_text_key_that_an_undeclared_column_holds_as_a_number_is_refused(tmp_path):
    """To SQLite 1 and '1' are two keys where the column has no type."""
    url = f"sqlite:///{tmp_path / 'sink.db'}"
    fill(url, plan(item=""), "INSERT INTO plan VALUES (1, '2024-05-01', 0)")
    with pytest.raises(SinkError, match=r"has item 1 both as text and as a number.*declare it TEXT or INTEGER"):
        bring(url, forecast_rows(ids=["1", "2"]), columns=LEAST)
    assert ask(url, "SELECT * FROM plan") == [(1, "2024-05-01", 0)]


@pytest.mark.parametrize("kind", ["WITHOUT ROWID", "STRICT", "STRICT, WITHOUT ROWID"])
def test_the_kinds_of_table_of_sqlite_are_alike(tmp_path, kind):
    url = f"sqlite:///{tmp_path / 'sink.db'}"
    fill(url, f"{plan(item='TEXT', ds='TEXT', y_hat='REAL')} {kind}")
    for level in (100.0, 200.0):
        bring(url, forecast_rows(level=level), columns=LEAST)
    assert ask(url, "SELECT count(*), max(y_hat) FROM plan") == [(4, 202.0)]


@pytest.mark.slow
@on_postgresql
@pytest.mark.parametrize(
    ("made", "declared", "ids"),
    [
        ("CREATE TYPE word AS ENUM ('A', 'B')", "word", ["A", "B"]),
        ("CREATE DOMAIN word AS varchar(9) CHECK (value <> '')", "word", ["A", "B"]),
        ("SELECT 1", "uuid", ["6f9619ff-8b86-d011-b42d-00cf4fc964ff"]),
    ],
)
def test_enums_domains_and_uuids_of_postgresql_are_keys(database_url, made, declared, ids):
    fill(database_url, made, plan(item=declared))
    for level in (100.0, 200.0):
        bring(database_url, forecast_rows(ids=ids, level=level), columns=LEAST)
    assert ask(database_url, "SELECT count(*), max(y_hat) FROM plan") == [(2 * len(ids), 202.0)]


@pytest.mark.slow
@on_postgresql
def test_a_partitioned_table_takes_forecasts_and_refuses_those_without_a_partition(database_url):
    fill(
        database_url,
        f"{plan()} PARTITION BY RANGE (ds)",
        "CREATE TABLE may PARTITION OF plan FOR VALUES FROM ('2024-05-01') TO ('2024-06-01')",
    )
    columns = LEAST
    for level in (100.0, 200.0):
        bring(database_url, forecast_rows(level=level), columns=columns)
    assert ask(database_url, "SELECT count(*), max(y_hat) FROM may") == [(4, 202.0)]
    with pytest.raises(SinkError, match="no partition of relation"):
        bring(database_url, forecast_rows(date(2024, 6, 1)), columns=columns)


# What the table forbids


def test_a_generated_column_is_left_to_the_table(database_url):
    generated = "q50 DOUBLE PRECISION GENERATED ALWAYS AS (y_hat * 2) STORED"
    fill(database_url, plan(more=generated))
    columns = LEAST
    bring(database_url, forecast_rows(ids=["A"], horizon=1), columns=columns)
    assert ask(database_url, "SELECT y_hat, q50 FROM plan") == [(101.0, 202.0)]
    with pytest.raises(SinkError, match="computes its column q50 itself"):
        bring(database_url, forecast_rows(), columns=columns | {"forecast": "q50", "q50": "y_hat"})


def test_a_needed_column_that_forecasts_lack_is_named(database_url):
    fill(database_url, plan(more="region VARCHAR(9) NOT NULL"))
    with pytest.raises(SinkError, match="region"):
        bring(database_url, forecast_rows(), columns=LEAST)
    assert ask(database_url, "SELECT * FROM plan") == []


def test_a_view_is_no_place_for_forecasts(database_url):
    fill(database_url, plan(), "CREATE VIEW latest AS SELECT * FROM plan")
    with pytest.raises(SinkError, match=r"sink latest is a view, .*name its table"):
        bring(database_url, forecast_rows(), table="latest")


def test_a_trigger_that_drops_rows_silently_is_noticed(database_url):
    """The delivery would be called good, and yesterday's rows would stand."""
    if database_url.startswith("mysql"):
        pytest.skip("no trigger of MariaDB can drop a row")
    drops = {
        "sqlite": ["CREATE TRIGGER t BEFORE INSERT ON plan WHEN NEW.item = 'B' BEGIN SELECT RAISE(IGNORE); END"],
        "postgresql": [
            "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS "
            "'BEGIN IF NEW.item = ''B'' THEN RETURN NULL; END IF; RETURN NEW; END'",
            "CREATE TRIGGER t BEFORE INSERT ON plan FOR EACH ROW EXECUTE FUNCTION f()",
        ],
    }
    fill(database_url, plan(), *drops[database_url.split(":")[0].split("+")[0]])
    with pytest.raises(SinkError, match="took 2 of 4 rows: a trigger of it drops the others"):
        bring(database_url, forecast_rows(), columns=LEAST)
    assert ask(database_url, "SELECT * FROM plan") == []


@pytest.mark.slow
@on_postgresql
def test_an_identity_column_numbers_its_rows_itself(database_url):
    fill(database_url, plan(more="no BIGINT GENERATED ALWAYS AS IDENTITY, step INTEGER GENERATED ALWAYS AS IDENTITY"))
    for level in (100.0, 200.0):
        bring(database_url, forecast_rows(ids=["A"], level=level), columns=LEAST)
    assert ask(database_url, "SELECT no, step, y_hat FROM plan ORDER BY no") == [(1, 1, 201.0), (2, 2, 202.0)]


# Failures leave the old rows


@pytest.mark.slow
@pytest.mark.parametrize("database_url", ["postgresql", "mariadb"], indirect=True)
def test_a_connection_that_the_server_ends_after_the_rows_leaves_the_old_ones(database_url, monkeypatch):
    """Killed before the commit, from a second connection; the fault passes, and the same delivery succeeds."""
    columns = LEAST
    fill(database_url, plan())
    bring(database_url, forecast_rows(), columns=columns)

    def killed(*arguments):
        end_other_sessions(database_url)
        return doubtful_texts(*arguments)

    with monkeypatch.context() as patched:
        patched.setattr("lstm.storage.sinks.sink_table.doubtful_texts", killed)
        with pytest.raises(SinkUnavailableError):
            bring(database_url, forecast_rows(level=200.0), columns=columns)
    assert ask(database_url, "SELECT max(y_hat) FROM plan") == [(102.0,)]
    bring(database_url, forecast_rows(level=200.0), columns=columns)
    assert ask(database_url, "SELECT count(*), min(y_hat) FROM plan") == [(4, 201.0)]


def end_other_sessions(url):
    """Of this database, which is the test's alone."""
    if url.startswith("postgresql"):
        ask(
            url,
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()",
        )
        return
    found = "SELECT id FROM information_schema.processlist WHERE db = database() AND id <> connection_id()"
    for (number,) in ask(url, found):
        fill(url, f"KILL {number}")


def test_a_full_disk_leaves_the_old_rows(tmp_path, monkeypatch):
    """SQLite may not grow beyond the pages that it has."""
    url = f"sqlite:///{tmp_path / 'sink.db'}"
    bring(url, forecast_rows())

    def full(connection, *arguments):
        connection.exec_driver_sql("PRAGMA max_page_count = 1")
        return unique_key(connection, *arguments)

    monkeypatch.setattr("lstm.storage.sinks.sink_table.unique_key", full)
    with pytest.raises(SinkUnavailableError, match="full"):
        bring(url, forecast_rows(ids=[f"S{number}" for number in range(2000)], level=200.0))
    assert ask(url, "SELECT count(*), max(y_hat) FROM plan") == [(4, 102.0)]


@pytest.mark.slow
@on_postgresql
def test_a_deadlock_with_a_writer_of_the_opposite_order_passes(database_url):
    """Fault: the rival holds B and then wants A; the delivery is ended, changes nothing, and is tried again."""
    columns = LEAST
    fill(database_url, plan())
    bring(database_url, forecast_rows(horizon=1), columns=columns)
    ended = []

    def delivery():
        try:
            bring(database_url, forecast_rows(horizon=1, level=200.0), columns=columns)
        except SinkUnavailableError as error:
            ended.append(error)

    rival = create_engine(database_url)
    with rival.begin() as connection:
        connection.execute(text("SET LOCAL deadlock_timeout = '1h'"))  # so that the delivery is the one that is ended
        connection.execute(text("UPDATE plan SET y_hat = 1 WHERE item = 'B'"))
        ours = threading.Thread(target=delivery)
        ours.start()
        waiting = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        while not ask(database_url, waiting):
            assert ours.is_alive()
        connection.execute(text("UPDATE plan SET y_hat = 2 WHERE item = 'A'"))
        ours.join()
    rival.dispose()
    assert "deadlock detected" in str(ended[0])
    assert ask(database_url, "SELECT item, y_hat FROM plan ORDER BY item") == [("A", 2.0), ("B", 1.0)]
    delivery()
    assert ask(database_url, "SELECT DISTINCT y_hat FROM plan") == [(201.0,)]
