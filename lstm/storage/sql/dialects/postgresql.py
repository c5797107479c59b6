"""PostgreSQL: strict types, time stamps with a zone, COPY."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, DateTime, Inspector, Table, Text, cast, collate, column, text
from sqlalchemy.dialects import postgresql

from lstm.storage.sql.dialects.dialect import QUOTED_NAMES_AND_BLOCKS, SqlDialect, connect_timeout, on_conflict

LOCK_SECONDS = 60

# Lost connection, rival transaction, resources, a lock that is not free, a shutdown or a limit of time, a broken disk.
_PASSING = ("08", "40", "53", "55P03", "57", "58")
# A connection that fails has no code, only words.
_LASTING_WORDS = ("password", "authentication failed", "does not exist", "no pg_hba.conf entry", "not permitted")
_EXACT_TEXTS = text(
    "SELECT a.attname, a.atttypmod - 4 FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid "
    "JOIN pg_collation c ON c.oid = a.attcollation WHERE t.typname IN ('text', 'varchar') "
    "AND c.collisdeterministic AND a.attrelid = CAST(:quoted AS regclass)"
)
_TRIGGERS = text("SELECT count(*) FROM pg_trigger WHERE tgrelid = CAST(:quoted AS regclass) AND NOT tgisinternal")


def _is_passing(error: Any, driver: Any) -> bool:
    if isinstance(error, driver.InterfaceError):
        return True
    if not isinstance(error, driver.OperationalError):
        return False
    code = getattr(error, "sqlstate", None) or getattr(error, "pgcode", None)
    if code is not None:
        return str(code).startswith(_PASSING)
    return not any(words in str(error) for words in _LASTING_WORDS)


def _bind_time(_name: str, moment: datetime | date) -> object:
    return moment.astimezone(UTC) if isinstance(moment, datetime) else moment


def _view_names(inspector: Inspector, schema: str | None) -> list[str]:
    return inspector.get_view_names(schema) + inspector.get_materialized_view_names(schema)


def _exact_texts(connection: Connection, table: Table) -> Mapping[str, int]:
    quoted = connection.dialect.identifier_preparer.format_table(table).replace("%%", "%")
    return {str(name): int(length) for name, length in connection.execute(_EXACT_TEXTS, {"quoted": quoted})}


def _has_triggers(connection: Connection, table: Table) -> bool:
    quoted = connection.dialect.identifier_preparer.format_table(table).replace("%%", "%")
    return bool(connection.scalar(_TRIGGERS, {"quoted": quoted}))


def _create_question(_place: str, schema: str | None) -> str:
    """SQL that fails as a refused CREATE does, since PostgreSQL explains no CREATE TABLE."""
    name = "current_schema()" if schema is None else "'{}'".format(schema.replace("'", "''"))
    return (
        "DO $nightcast$ BEGIN IF NOT has_schema_privilege(" + name + ", 'CREATE') THEN "
        "RAISE insufficient_privilege USING MESSAGE = 'permission denied for schema ' || " + name + "; "
        "END IF; END $nightcast$"
    )


def _by_bytes(name: str) -> ColumnElement[Any]:
    return collate(cast(column(name), Text), "C")


POSTGRESQL = SqlDialect(
    name="postgresql",
    drivers={"postgres": "postgresql+psycopg", "postgresql": "postgresql+psycopg"},
    connect_arguments=connect_timeout("psycopg", "psycopg2"),
    # Nothing is written, and an instant means the same whatever zone the server is in.
    read_only=(
        "SET TRANSACTION READ ONLY",
        "SET LOCAL TIME ZONE 'UTC'",
        "SET LOCAL DateStyle = 'ISO, YMD'",
        "SET LOCAL extra_float_digits = 3",
        "SET LOCAL client_encoding = 'UTF8'",
    ),
    # A day is midnight in UTC, whatever zone the server is in; and nobody's forgotten transaction holds us up for ever.
    write_session=("SET LOCAL TIME ZONE 'UTC'", f"SET LOCAL lock_timeout = '{LOCK_SECONDS}s'"),
    is_passing=_is_passing,
    inert=(
        r"(?<!\w)[eE]'(?:[^'\\]|\\.|'')*'",
        r"'[^']*'",
        r"\$(\w*)\$.*?\$\1\$",
        r"--[^\n]*",
        *QUOTED_NAMES_AND_BLOCKS,
    ),
    bind_time=_bind_time,
    instant=DateTime(timezone=True),
    instant_has_zone=True,
    view_names=_view_names,
    insert_or_update=on_conflict(postgresql.insert),
    copy_driver="psycopg",
    exact_texts=_exact_texts,
    by_bytes=_by_bytes,
    has_triggers=_has_triggers,
    denies=lambda error: getattr(error, "sqlstate", getattr(error, "pgcode", None)) == "42501",
    create_question=_create_question,
    now="SELECT clock_timestamp() AS moment",
    transaction_lock="SELECT pg_advisory_xact_lock(:number)",
)
