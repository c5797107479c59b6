"""Connections to databases, and their failures as errors that a person understands."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError, NoSuchModuleError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from lstm.errors import ConfigError, ForecastError, SinkError, SinkUnavailableError, StoreError, StoreUnavailableError
from lstm.storage.sql.url import parse_url, redacted, without_secrets

BUSY_SECONDS = 60
CONNECT_SECONDS = 10

# Nothing is written, and an instant means the same whatever zone the server is in.
_READ_ONLY = {
    "sqlite": ("PRAGMA query_only = ON",),
    "mysql": ("START TRANSACTION READ ONLY",),
    "postgresql": (
        "SET TRANSACTION READ ONLY",
        "SET LOCAL TIME ZONE 'UTC'",
        "SET LOCAL DateStyle = 'ISO, YMD'",
        "SET LOCAL extra_float_digits = 3",
        "SET LOCAL client_encoding = 'UTF8'",
    ),
}

_SQLITE_PASSING = ("SQLITE_BUSY", "SQLITE_LOCKED", "SQLITE_CANTOPEN", "SQLITE_IOERR", "SQLITE_FULL")
# Too many connections, shutdown, network errors, lock wait, deadlock, interruption, a kill, a limit of time; from 2000
# on no host, no answer or a lost connection.
_MARIADB_PASSING = (
    1040,
    1053,
    1077,
    1158,
    1159,
    1160,
    1161,
    1203,
    1205,
    1213,
    1317,
    1927,
    1969,
    3024,
    *range(2000, 2100),
)
# Lost connection, rival transaction, resources, a lock that is not free, a shutdown or a limit of time, a broken disk.
_POSTGRESQL_PASSING = ("08", "40", "53", "55P03", "57", "58")
# A connection that fails has no code, only words.
_POSTGRESQL_LASTING = ("password", "authentication failed", "does not exist", "no pg_hba.conf entry", "not permitted")


@dataclass(frozen=True)
class Faults:
    """How the failures of one kind of database are told. what: its name in a sentence."""

    what: str
    failed: type[ForecastError]
    unavailable: type[ForecastError]


STORE = Faults("the store database", StoreError, StoreUnavailableError)
SINK = Faults("the sink", SinkError, SinkUnavailableError)


def connect(text: str, faults: Faults) -> Engine:
    """A connection pool that has connected once.

    Raises ConfigError for a URL that cannot be read or a driver that is not installed, and `faults.unavailable`, naming
    host, port and database, when nothing answers. No error holds the password.
    """
    url = parse_url(text)
    engine = _engine(url)
    fault = None
    try:
        engine.connect().close()
    except DBAPIError as error:
        fault = _fault(engine, faults, error)
        engine.dispose()
    # Raised out here, so that no chained error with the driver's own words comes along.
    if fault is not None:
        raise fault
    return engine


def _engine(url: URL) -> Engine:
    missing = None
    try:
        engine = create_engine(url, pool_pre_ping=True, hide_parameters=True, **_options(url))
    except NoSuchModuleError:
        missing = f"databases of the kind {url.drivername!r} are not known"
    except ModuleNotFoundError as error:
        missing = f"the driver {error.name!r} is not installed"
    if missing is not None:
        raise ConfigError(
            f"{redacted(url)}: {missing}; use sqlite://, postgresql:// (pip install 'nightcast[postgresql]') or "
            "mariadb:// (pip install 'nightcast[mariadb]')"
        )
    if engine.dialect.name == "sqlite":
        _own_transactions(engine)
    elif engine.dialect.name == "mysql":
        _strict(engine)
    return engine


def _options(url: URL) -> dict[str, Any]:
    backend = url.get_backend_name()
    if backend == "sqlite":
        return {"connect_args": {"timeout": BUSY_SECONDS}}
    # MariaDB's default locks gaps, and reads what was there before a lock was ours; parameters by place are for `bulk`.
    own = {"isolation_level": "READ COMMITTED", "paramstyle": "format"} if backend == "mysql" else {}
    if url.drivername.endswith(("+psycopg", "+psycopg2", "+pymysql")) and "connect_timeout" not in url.query:
        return own | {"connect_args": {"connect_timeout": CONNECT_SECONDS}}
    return dict(own)


def _own_transactions(engine: Engine) -> None:
    """The driver begins a transaction before the first write only, which leaves reads outside of it; so we begin."""

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: object) -> None:
        connection.isolation_level = None
        connection.execute("PRAGMA foreign_keys = ON")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql(f"BEGIN {connection.get_execution_options().get('sqlite_begin', 'DEFERRED')}")


def _strict(engine: Engine) -> None:
    """Without strict mode MariaDB cuts text that is too long and goes on; a TIMESTAMP is seen in the session's zone."""

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: object) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET SESSION sql_mode = CONCAT(@@sql_mode, ',STRICT_ALL_TABLES'), time_zone = '+00:00'")


@contextmanager
def transaction(engine: Engine, faults: Faults = STORE, *, write: bool = False) -> Iterator[Connection]:
    """A transaction that commits at the end. write: SQLite takes its write lock at once instead of failing half-way.

    Raises `faults.unavailable` when the connection is lost or a lock is not given, `faults.failed` for what else the
    database refuses.
    """
    try:
        with engine.connect() as connection:
            if write:
                connection.execution_options(sqlite_begin="IMMEDIATE")
            with connection.begin():
                yield connection
    except (DBAPIError, PoolTimeoutError, engine.dialect.loaded_dbapi.Error) as error:
        unconnected = isinstance(error, DBAPIError) and error.statement is None
        raise _fault(engine, faults, error) from (None if unconnected else error)


@contextmanager
def read_only(engine: Engine, faults: Faults) -> Iterator[Connection]:
    """A transaction that cannot write on SQLite, PostgreSQL and MariaDB, is undone elsewhere, and whose zone is UTC."""
    with transaction(engine, faults) as connection:
        for statement in _READ_ONLY.get(engine.dialect.name, ()):
            connection.exec_driver_sql(statement)
        yield connection
        connection.rollback()


def _fault(engine: Engine, faults: Faults, error: Exception) -> ForecastError:
    original = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
    reason = "; ".join(line.strip() for line in without_secrets(str(original), engine.url).splitlines())
    where = f"{faults.what} {redacted(engine.url)}"
    if _passes(engine, original):
        return faults.unavailable(f"{where} cannot be reached or is locked: {reason}")
    return faults.failed(f"{where} refused: {reason}")


def _passes(engine: Engine, error: Any) -> bool:
    """True where the same may succeed a little later."""
    driver: Any = engine.dialect.loaded_dbapi
    if isinstance(error, PoolTimeoutError):
        return True
    if engine.dialect.name == "sqlite":
        return str(getattr(error, "sqlite_errorname", "")).startswith(_SQLITE_PASSING)
    if isinstance(error, driver.InterfaceError):
        return True
    if not isinstance(error, driver.OperationalError):
        return False
    if engine.dialect.name == "mysql":
        return error.args[0] in _MARIADB_PASSING
    return engine.dialect.name != "postgresql" or _passes_on_postgresql(error)


def _passes_on_postgresql(error: Any) -> bool:
    code = getattr(error, "sqlstate", None) or getattr(error, "pgcode", None)
    if code is not None:
        return str(code).startswith(_POSTGRESQL_PASSING)
    return not any(words in str(error) for words in _POSTGRESQL_LASTING)
