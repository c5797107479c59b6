"""The store database: where it is, its version, and transactions on it.

The embedded SQLite brings itself up to date after a backup; on a server a person says `nightcast db upgrade`.
"""

import hashlib
import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, select, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError

from lstm.config import Store, secret
from lstm.errors import ConfigError, StoreError, StoreUnavailableError
from lstm.storage.sql.connections import STORE, connect, transaction
from lstm.storage.sql.dialects.known import dialect_of
from lstm.storage.sql.dialects.sqlite import BUSY_SECONDS
from lstm.storage.sql.upsert import insert_if_absent
from lstm.storage.sql.url import beside, in_a_file, parse_url, redacted, sqlite_file
from lstm.storage.store.schema import pipelines

__all__ = [
    "VERSION_TABLE",
    "open_store",
    "redacted",
    "schema_change",
    "store_url",
    "upgrade_store",
    "write_transaction",
]

VERSION_TABLE = "nightcast_version"
_MIGRATIONS = Path(__file__).parent / "migrations"
_LOCK_NUMBER = 1_313_163_348


def store_url(store: Store, folder: Path, *, blocks: Callable[[str], str] | None = None, make: bool = True) -> str:
    """The URL of a pipeline's store database, with its secret. folder: of the pipeline file.

    Without `store.url` it is `nightcast.db` in the store's folder. A relative SQLite path is seen from the pipeline
    file. make: make the folder of an SQLite file. Raises ConfigError for a missing secret or a URL that cannot be read.
    """
    if store.url is None:
        if urlsplit(store.folder).scheme:
            raise ConfigError(
                f"store.folder is {store.folder}, and SQLite needs a local folder; name a database in store.url"
            )
        place = (folder / store.folder / "nightcast.db").resolve()
        url = URL.create("sqlite", database=str(place))
    else:
        url = parse_url(beside(secret(store.url, blocks=blocks), folder))
    if in_a_file(url) and (url.database or "") in ("", ":memory:"):
        raise ConfigError("store.url names a SQLite database in memory, which keeps nothing; name a file or a server")
    file = sqlite_file(url)
    if file is not None and make:
        _make_folder(file.parent)
    return url.render_as_string(hide_password=False)


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(
            f"the store's folder {folder} cannot be made ({error.strerror}); "
            "name another in store.folder, or mend its permissions"
        ) from error


def open_store(url: str) -> Engine:
    """A connection pool to a store database of the right version.

    Raises StoreUnavailableError when it cannot be reached, StoreError when its version is another.
    """
    engine = connect(url, STORE)
    newest = migrations().get_current_head()
    if dialect_of(engine).in_a_file:
        _write_ahead(engine)
        if version_of(engine) != newest:
            _upgrade(engine)
    version = version_of(engine)
    if version != newest:
        engine.dispose()
        raise other_version(url, version, newest)
    return engine


def other_version(url: str, version: str | None, newest: str | None) -> StoreError:
    """That a store has not the version that this Nightcast needs."""
    return StoreError(
        f"the store database {redacted(url)} has {_named(version)}, this Nightcast needs version {newest}; "
        "run: nightcast db upgrade PIPELINE.toml"
    )


def upgrade_store(url: str) -> str:
    """Brings a store database to this Nightcast's schema, and answers the version.

    Raises StoreError when it belongs to a newer Nightcast.
    """
    engine = connect(url, STORE)
    try:
        if dialect_of(engine).in_a_file:
            _write_ahead(engine)
        _upgrade(engine)
        return str(version_of(engine))
    finally:
        engine.dispose()


@contextmanager
def write_transaction(engine: Engine, pipeline_name: str) -> Iterator[Connection]:
    """A transaction that has the pipeline to itself until it ends, and sees what the last one left."""
    with transaction(engine) as connection:
        name = connection.scalar(select(pipelines.c.name).where(pipelines.c.name == pipeline_name))
    if name is None:
        # On its own: a row that is missing cannot be locked, and two that lock the gap for it wait for each other.
        with transaction(engine, write=True) as connection:
            insert_if_absent(connection, pipelines, {"name": pipeline_name})
    with transaction(engine, write=True) as connection:
        connection.execute(select(pipelines.c.name).where(pipelines.c.name == pipeline_name).with_for_update())
        yield connection


@contextmanager
def schema_change(engine: Engine) -> Iterator[Connection]:
    """A transaction in which this process alone changes tables, of all that use the same database."""
    with ExitStack() as stack:
        dialect = dialect_of(engine)
        if dialect.session_lock is not None:
            stack.enter_context(_named_lock(engine, *dialect.session_lock))
        connection = stack.enter_context(transaction(engine, write=True))
        if dialect.transaction_lock is not None:
            connection.execute(text(dialect.transaction_lock), {"number": _LOCK_NUMBER})
        yield connection


@contextmanager
def _named_lock(engine: Engine, take: str, release: str) -> Iterator[None]:
    """MariaDB commits at every change of a table, so a connection of its own holds the lock. take, release: SQL."""
    name = "nightcast-" + hashlib.sha256(str(engine.url.database).encode()).hexdigest()[:32]
    with transaction(engine) as connection:
        if connection.scalar(text(take), {"name": name, "seconds": BUSY_SECONDS}) != 1:
            raise StoreUnavailableError(
                f"another process has been changing {redacted(engine.url)} for {BUSY_SECONDS} s"
            )
        try:
            yield
        finally:
            with suppress(DBAPIError):  # a lost connection has lost the lock too
                connection.execute(text(release), {"name": name})


def migrations() -> ScriptDirectory:
    """Every version of the schema that this Nightcast knows."""
    return ScriptDirectory.from_config(_alembic())


def _alembic() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


def version_of(engine: Engine) -> str | None:
    """The version of a store's schema, None where it has none."""
    with transaction(engine) as connection:
        return _version_on(connection)


def _version_on(connection: Connection) -> str | None:
    return MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE}).get_current_revision()


def _named(version: str | None) -> str:
    return "no Nightcast tables yet" if version is None else f"version {version}"


def _upgrade(engine: Engine) -> None:
    with schema_change(engine) as connection:
        version, newest = _version_on(connection), migrations().get_current_head()
        if version == newest:
            return
        if version is not None and version not in {script.revision for script in migrations().walk_revisions()}:
            raise StoreError(
                f"the store database {redacted(engine.url)} has version {version}, newer than version {newest} of this "
                "Nightcast; install the newer Nightcast"
            )
        if version is not None and dialect_of(engine).in_a_file:
            _back_up(Path(str(engine.url.database)), version)
        config = _alembic()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def _back_up(path: Path, version: str) -> None:
    """Copies an SQLite file, consistent though others may read it, to `NAME.version-VERSION.backup` beside it."""
    backup = path.with_name(f"{path.name}.version-{version}.backup")
    unfinished = backup.with_name(f"{backup.name}.part")
    unfinished.unlink(missing_ok=True)
    with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(unfinished)) as copy:
        source.backup(copy)
    os.replace(unfinished, backup)


def _write_ahead(engine: Engine) -> None:
    """Readers no longer wait for a writer. The file remembers; SQLite does not wait for a lock here, so we do."""
    until = time.monotonic() + BUSY_SECONDS
    while True:
        with closing(engine.raw_connection()) as connection:
            try:
                connection.cursor().execute("PRAGMA journal_mode = WAL")
                return
            except sqlite3.OperationalError as error:
                if "locked" not in str(error):
                    return  # a file or a file system that cannot do it works without
                if time.monotonic() > until:
                    raise StoreUnavailableError(f"{redacted(engine.url)} is locked by another process") from None
            except sqlite3.DatabaseError as error:
                raise StoreError(
                    f"{redacted(engine.url)} cannot be used ({error}); move it away, or restore the copy beside it"
                ) from None
        time.sleep(0.05)
