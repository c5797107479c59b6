"""What Nightcast must know of a kind of database, as one value."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    DateTime,
    Engine,
    Insert,
    Inspector,
    Table,
    Text,
    collate,
    column,
)
from sqlalchemy.engine import URL
from sqlalchemy.types import TypeEngine

CONNECT_SECONDS = 10
QUOTED_NAMES_AND_BLOCKS = (r'"(?:[^"]|"")*"', r"`[^`]*`", r"/\*.*?\*/")

# (table, columns of the key, columns that change, columns of the key that must not change) -> INSERT without values
InsertOrUpdate = Callable[[Table, Sequence[str], Sequence[str], Sequence[str]], Insert]


@dataclass(frozen=True)
class UniquePart:
    """A part of a unique key. column: None for an expression. whole: False where only the beginning of a text counts.

    fresh: the database itself gives every new row another value there, or none at all.
    """

    key: str
    column: str | None
    whole: bool
    fresh: bool


def connect_timeout(*drivers: str) -> Callable[[URL], dict[str, Any]]:
    """Arguments for drivers that know `connect_timeout`, unless the URL has one."""

    def arguments(url: URL) -> dict[str, Any]:
        knows_it = url.drivername.endswith(tuple(f"+{driver}" for driver in drivers))
        return {"connect_timeout": CONNECT_SECONDS} if knows_it and "connect_timeout" not in url.query else {}

    return arguments


known_timeout = connect_timeout("psycopg", "psycopg2", "pymysql")


def is_operational(error: Exception, driver: Any) -> bool:
    """Whether a failure is of the connection or the server, and not of a statement. driver: the DBAPI module."""
    return isinstance(error, (driver.InterfaceError, driver.OperationalError))


def naive_utc(_name: str, moment: datetime | date) -> object:
    """A date as it is, an instant as a stamp of UTC without a zone."""
    return moment.astimezone(UTC).replace(tzinfo=None) if isinstance(moment, datetime) else moment


def on_conflict(insert_into: Callable[[Table], Any]) -> InsertOrUpdate:
    """INSERT … ON CONFLICT, as SQLite and PostgreSQL have it."""

    def insert_or_update(
        table: Table, keys: Sequence[str], changed: Sequence[str], _unchanged: Sequence[str]
    ) -> Insert:
        insert = insert_into(table)
        values = {name: insert.excluded[name] for name in changed}
        statement: Insert = (
            insert.on_conflict_do_update(index_elements=list(keys), set_=values)
            if changed
            else insert.on_conflict_do_nothing(index_elements=list(keys))
        )
        return statement

    return insert_or_update


def no_preparation(_engine: Engine) -> None:
    """New connections are used as they are."""


def plain_text(_length: int) -> TypeEngine[str]:
    """Text without a longest length."""
    return Text()


def view_names(inspector: Inspector, schema: str | None) -> list[str]:
    """The views of a schema."""
    return inspector.get_view_names(schema)


def no_exact_texts(_connection: Connection, _table: Table) -> Mapping[str, int]:
    """Of no column it is known that it keeps texts exactly."""
    return {}


def no_unique_parts(_connection: Connection, _table: Table) -> Sequence[UniquePart]:
    """Nothing is said of unique keys."""
    return ()


def no_triggers(_connection: Connection, _table: Table) -> bool:
    """No trigger fills a column of a new row."""
    return False


def no_denial(_error: Any) -> bool:
    """No error says that a user may not."""
    return False


def no_question(_place: str, _schema: str | None) -> str | None:
    """Nobody is refused to make a table."""
    return None


def no_engine(_connection: Connection, _table: Table) -> str | None:
    """Every table has transactions."""
    return None


def by_bytes(name: str) -> ColumnElement[Any]:
    """A column compared by its bytes."""
    return collate(column(name), "BINARY")


@dataclass(frozen=True)
class SqlDialect:
    """A kind of database. The defaults are those of a kind that is not known: it is read, and never written to.

    name: SQLAlchemy's. The comment above each group of fields says who asks for it.
    """

    name: str

    # Connections. drivers: SQLAlchemy's, by the scheme of a URL. in_a_file: without a server, so that Nightcast itself
    # looks after its schema. prepare: listens for new connections. read_only, write_session: statements at the
    # beginning of such a transaction. is_passing: whether a failure may pass by itself, given the DBAPI module.
    drivers: Mapping[str, str] = field(default_factory=dict)
    in_a_file: bool = False
    engine_options: Mapping[str, Any] = field(default_factory=dict)
    connect_arguments: Callable[[URL], dict[str, Any]] = known_timeout
    prepare: Callable[[Engine], None] = no_preparation
    read_only: tuple[str, ...] = ()
    write_session: tuple[str, ...] = ()
    is_passing: Callable[[Exception, Any], bool] = is_operational

    # The text of queries. inert: patterns of what binds nothing. bind_time: what `:as_of` and `:horizon_end` are bound
    # to, by name.
    inert: tuple[str, ...] = (r"'[^']*'", r"--[^\n]*", *QUOTED_NAMES_AND_BLOCKS)
    bind_time: Callable[[str, datetime | date], object] = naive_utc

    # Types of columns. key_text: of a length in characters. bounds_key_text: whether a key has a longest text.
    # loosely_typed: whether a column keeps what it is given, whatever was declared.
    instant: TypeEngine[datetime] = field(default_factory=DateTime)
    instant_has_zone: bool = False
    key_text: Callable[[int], TypeEngine[str]] = plain_text
    long_text: TypeEngine[str] = field(default_factory=Text)
    bounds_key_text: bool = False
    loosely_typed: bool = False

    # Names. view_names: in a schema.
    view_names: Callable[[Inspector, str | None], list[str]] = view_names

    # Writing. copy_driver: the driver by which COPY is at hand. upserts_by_any_key: whether an upsert changes the row
    # of any unique key; unique_parts: then says what these are made of. counts_upserts: whether each upserted row
    # counts as one. without_transactions: the engine of a table whose writes cannot be undone.
    insert_or_update: InsertOrUpdate | None = None
    copy_driver: str | None = None
    upserts_by_any_key: bool = False
    unique_parts: Callable[[Connection, Table], Sequence[UniquePart]] = no_unique_parts
    counts_upserts: bool = False
    without_transactions: Callable[[Connection, Table], str | None] = no_engine

    # Collations. exact_texts: most characters of each column that keeps a text as it is and compares its bytes,
    # negative without a limit. by_bytes: a column compared by its bytes.
    exact_texts: Callable[[Connection, Table], Mapping[str, int]] = no_exact_texts
    by_bytes: Callable[[str], ColumnElement[Any]] = by_bytes

    # Rights. has_triggers: whether some may fill columns of a new row. denies: whether an error says that the user may
    # not. create_question: SQL that fails so where the user may not make a table, by its quoted name and its schema;
    # None where nobody is refused.
    has_triggers: Callable[[Connection, Table], bool] = no_triggers
    denies: Callable[[Any], bool] = no_denial
    create_question: Callable[[str, str | None], str | None] = no_question

    # Its clock: SQL for one column `moment`, an instant in UTC.
    now: str = "SELECT current_timestamp AS moment"

    # Changes of the schema. session_lock: SQL that takes and that releases a lock of `:name`, waiting `:seconds`.
    # transaction_lock: SQL that takes the lock `:number` until the transaction ends.
    session_lock: tuple[str, str] | None = None
    transaction_lock: str | None = None
