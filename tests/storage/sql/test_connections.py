"""Failures of databases: told without a secret, and tried again only where that may help."""

from typing import Any

import pytest
from sql_tables import fill, kind, read
from sqlalchemy import create_engine, make_url, text

from lstm.errors import ConfigError, ForecastError, SourceError, SourceUnavailableError
from lstm.storage.sources.databases import sql as sql_source

TABLE = "CREATE TABLE t (id VARCHAR(9), ds DATE, y FLOAT)"
MANY = {
    "postgresql": "INSERT INTO t SELECT 'A', date '2024-01-01', n FROM generate_series(1, 300000) AS n",
    "mysql": "INSERT INTO t SELECT 'A', date '2024-01-01', seq FROM seq_1_to_300000",
}
SLOW = {
    "postgresql": "SELECT 'A' AS id, date '2024-01-01' AS ds, 1 AS y FROM (SELECT pg_sleep(5)) AS nap",
    "mysql": "SELECT 'A' AS id, date '2024-01-01' AS ds, sum(a.seq * b.seq) AS y FROM seq_1_to_100000 a, "
    "seq_1_to_100000 b",
}
servers = pytest.mark.parametrize("database_url", ["postgresql", "mariadb"], indirect=True)


@pytest.mark.slow
@servers
def test_a_connection_that_dies_while_rows_stream_may_be_tried_again(database_url, monkeypatch):
    """Fault: the server ends the session after the first rows; what came before is not taken for the whole."""
    fill(database_url, TABLE, MANY[kind(database_url)])
    add = sql_source._Gathered.add
    monkeypatch.setattr("lstm.storage.sources.databases.sql_cursor.BATCH", 1000)

    def add_and_kill(self, table):
        if not self.parts.tables():
            end_other_sessions(database_url)
        add(self, table)

    monkeypatch.setattr(sql_source._Gathered, "add", add_and_kill)
    with pytest.raises(
        SourceUnavailableError, match=r"cannot be reached.*(closed the|terminating|Lost) connection"
    ) as refusal:
        read(database_url, table="t")
    assert refusal.value.transient


def end_other_sessions(url):
    engine = create_engine(url)
    with engine.connect() as connection:
        if kind(url) == "postgresql":
            ended = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() "
            connection.execute(text(f"{ended} AND pid <> pg_backend_pid()"))
        else:
            others = "SELECT id FROM information_schema.processlist WHERE db = database() AND id <> connection_id()"
            for (number,) in connection.execute(text(others)).all():
                connection.execute(text(f"KILL {number}"))
    engine.dispose()


@pytest.mark.slow
@servers
def test_a_statement_that_takes_too_long_may_be_tried_again(database_url):
    """The limit is the server's, so a calmer hour may do."""
    name = database_url.rpartition("/")[2]
    if kind(database_url) == "postgresql":
        fill(database_url, f"ALTER DATABASE {name} SET statement_timeout = '100ms'")
        limited = database_url
    else:
        limited = f"{database_url}?init_command=SET+max_statement_time%3D0.1"
    with pytest.raises(SourceUnavailableError, match=r"(statement timeout|max_statement_time)"):
        read(limited, query=SLOW[kind(database_url)])


@pytest.mark.slow
@servers
def test_a_missing_right_is_no_passing_fault(database_url):
    """The user may connect, and not read the table."""
    user = make_url(database_url).database
    fill(database_url, TABLE)
    create, drop = {
        "postgresql": (f"CREATE ROLE {user} LOGIN PASSWORD 'not-real'", f"DROP ROLE {user}"),
        "mysql": (f"CREATE USER {user}@'%' IDENTIFIED BY 'not-real'", f"DROP USER {user}@'%'"),
    }[kind(database_url)]
    fill(database_url, create)
    if kind(database_url) == "mysql":
        fill(database_url, "CREATE TABLE mine (x INT)", f"GRANT SELECT ON mine TO {user}@'%'")
    try:
        url = make_url(database_url).set(username=user, password="not-real").render_as_string(hide_password=False)
        with pytest.raises(SourceError, match=r"(permission denied for|denied to user .* for) table .*t") as refusal:
            read(url, query="SELECT * FROM t")
    finally:
        fill(database_url, drop)
    assert not refusal.value.transient
    assert "not-real" not in str(refusal.value)


@pytest.mark.slow
@servers
def test_a_database_or_user_that_is_not_there_is_no_passing_fault(database_url):
    nowhere: tuple[dict[str, Any], ...] = (
        {"database": "nightcast_nowhere"},
        {"username": "nightcast_nobody", "password": "not-real"},
    )
    for changes in nowhere:
        url = make_url(database_url).set(**changes).render_as_string(hide_password=False)
        with pytest.raises(SourceError, match="refused") as refusal:
            read(url, query="SELECT 1")
        assert not refusal.value.transient
        assert "not-real" not in str(refusal.value)


@pytest.mark.slow
@servers
def test_a_refused_row_ends_the_stream(database_url):
    """The rows behind it are not waited for, and no cursor is left open."""
    fill(
        database_url,
        "CREATE TABLE t (id VARCHAR(9), ds DATE, y VARCHAR(9))",
        "INSERT INTO t VALUES ('A', '2024-01-01', 'bad')",
        MANY[kind(database_url)],
    )
    with pytest.raises(SourceError, match="'bad' in table t, A/2024-01-01"):
        read(database_url, table="t")


@pytest.mark.parametrize(
    "password",
    ["zq@xv/kj:wy%41zz", "zqxv@kjwy", "zqxv@kj:wyzz", "zqxv@kj?wyzz", "zqxv?kj@wyzz", "zqxv@kj#wyzz", "zqxv /ökj/wyzz"],
)
def test_a_password_with_special_characters_is_in_no_error_however_it_is_written(password):
    """Fault: bare, it cuts the URL elsewhere; nothing listens on port 1."""
    encodings = (password, make_url("x://h").set(username="u", password=password).render_as_string(hide_password=False))
    for url in (
        f"postgresql://u:{encodings[0]}@127.0.0.1:1/sales",
        encodings[1].replace("x://", "mysql://").replace("@h", "@127.0.0.1:1/sales"),
    ):
        with pytest.raises(ForecastError) as refusal:
            read(url, table="sales")
        told: BaseException | None = refusal.value
        while told is not None:
            for piece in ("zq", "xv", "kj", "wy"):
                assert piece not in str(told)
            told = told.__cause__ or told.__context__


def test_an_at_sign_in_the_options_of_a_url_is_taken_for_a_bare_password():
    with pytest.raises(ConfigError, match="percent-encoded"):
        read("postgresql://u:a?b@127.0.0.1:1/sales", table="sales")
