"""Connections to databases, and their failures as errors that a person understands."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import Connection, Engine, create_engine
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError, NoSuchModuleError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from lstm.errors import ConfigError, ForecastError, SinkError, SinkUnavailableError, StoreError, StoreUnavailableError
from lstm.storage.sql.dialects.known import dialect_named, dialect_of
from lstm.storage.sql.url import parse_url, redacted, without_secrets


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
    dialect = dialect_named(url.get_backend_name())
    options = {**dialect.engine_options, "connect_args": dialect.connect_arguments(url)}
    try:
        engine = create_engine(url, pool_pre_ping=True, hide_parameters=True, **options)
    except NoSuchModuleError:
        missing = f"databases of the kind {url.drivername!r} are not known"
    except ModuleNotFoundError as error:
        missing = f"the driver {error.name!r} is not installed"
    if missing is not None:
        raise ConfigError(
            f"{redacted(url)}: {missing}; use sqlite://, postgresql:// (pip install 'nightcast[postgresql]') or "
            "mariadb:// (pip install 'nightcast[mariadb]')"
        )
    dialect_of(engine).prepare(engine)
    return engine


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
        for statement in dialect_of(engine).read_only:
            connection.exec_driver_sql(statement)
        yield connection
        connection.rollback()


def _fault(engine: Engine, faults: Faults, error: Exception) -> ForecastError:
    original = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
    reason = "; ".join(line.strip() for line in without_secrets(str(original), engine.url).splitlines())
    where = f"{faults.what} {redacted(engine.url)}"
    passing = isinstance(original, PoolTimeoutError) or dialect_of(engine).is_passing(
        original, engine.dialect.loaded_dbapi
    )
    if passing:
        return faults.unavailable(f"{where} cannot be reached or is locked: {reason}")
    return faults.failed(f"{where} refused: {reason}")
