"""SQLite: a file without a server, columns without strict types, one writer at a time."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import Connection, Engine, Table, event, text
from sqlalchemy.dialects import sqlite

from lstm.storage.sql.dialects.dialect import SqlDialect, on_conflict

BUSY_SECONDS = 60

_PASSING = ("SQLITE_BUSY", "SQLITE_LOCKED", "SQLITE_CANTOPEN", "SQLITE_IOERR", "SQLITE_FULL")
_EXACT_TEXTS = text(
    "SELECT name, -1 FROM pragma_table_xinfo(:name, :schema) WHERE upper(type) NOT LIKE '%INT%' "
    "AND (upper(type) LIKE '%CHAR%' OR upper(type) LIKE '%CLOB%' OR upper(type) LIKE '%TEXT%') AND name NOT IN "
    "(SELECT c.name FROM pragma_index_list(:name, :schema) AS i, pragma_index_xinfo(i.name, :schema) AS c "
    "WHERE i.\"unique\" AND c.key AND c.coll <> 'BINARY' AND c.name IS NOT NULL)"
)


def begin_explicitly(engine: Engine) -> None:
    """The driver begins a transaction before the first write only, which leaves reads outside of it; so we begin."""

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: object) -> None:
        connection.isolation_level = None
        connection.execute("PRAGMA foreign_keys = ON")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql(f"BEGIN {connection.get_execution_options().get('sqlite_begin', 'DEFERRED')}")


def _bind_time(name: str, moment: datetime | date) -> str:
    """SQLite compares texts: `:as_of` in the form of its own functions, `:horizon_end` in one that sorts after both."""
    if not isinstance(moment, datetime):
        return moment.isoformat()
    naive = moment.astimezone(UTC).replace(tzinfo=None)
    return naive.isoformat(" ") if name == "as_of" else f"{naive.isoformat()}Z"


def _exact_texts(connection: Connection, table: Table) -> Mapping[str, int]:
    rows = connection.execute(_EXACT_TEXTS, {"name": table.name, "schema": table.schema or "main"})
    return {str(name): int(length) for name, length in rows}


SQLITE = SqlDialect(
    name="sqlite",
    in_a_file=True,
    connect_arguments=lambda _url: {"timeout": BUSY_SECONDS},
    prepare=begin_explicitly,
    read_only=("PRAGMA query_only = ON",),
    is_passing=lambda error, _driver: str(getattr(error, "sqlite_errorname", "")).startswith(_PASSING),
    bind_time=_bind_time,
    loosely_typed=True,
    insert_or_update=on_conflict(sqlite.insert),
    # Whoever opens the file has its own clock: so SQLite is for one machine.
    now="SELECT strftime('%Y-%m-%d %H:%M:%f000', 'now') AS moment",
    counts_upserts=True,
    exact_texts=_exact_texts,
)
