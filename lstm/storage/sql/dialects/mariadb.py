"""MariaDB and MySQL: keys of bounded length, collations that merge texts, changes of tables outside of transactions."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, Insert, Table, cast, collate, column, event, func, text
from sqlalchemy.dialects import mysql

from lstm.storage.sql.dialects.dialect import SqlDialect, UniquePart, connect_timeout

# Too many connections, shutdown, network errors, lock wait, deadlock, interruption, a kill, a limit of time; from 2000
# on no host, no answer or a lost connection.
_PASSING = {
    1040, 1053, 1077, 1158, 1159, 1160, 1161, 1203, 1205, 1213, 1317, 1927, 1969, 3024, *range(2000, 2100),
}  # fmt: skip
_DENIED = (1044, 1142, 1143)
_EXACT_TEXTS = text(
    "SELECT column_name, character_maximum_length FROM information_schema.columns WHERE table_name = :name "
    "AND table_schema = coalesce(:schema, database()) AND collation_name IN ('utf8mb4_nopad_bin', "
    "'utf8mb4_0900_bin') AND data_type <> 'char'"
)


def _prepare(engine: Engine) -> None:
    """Without strict mode MariaDB cuts text that is too long and goes on; a TIMESTAMP is seen in the session's zone."""

    @event.listens_for(engine, "connect")
    def _strict(connection: Any, _record: object) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET SESSION sql_mode = CONCAT(@@sql_mode, ',STRICT_ALL_TABLES'), time_zone = '+00:00'")


def _is_passing(error: Any, driver: Any) -> bool:
    if isinstance(error, driver.InterfaceError):
        return True
    return isinstance(error, driver.OperationalError) and error.args[0] in _PASSING


def _insert_or_update(table: Table, keys: Sequence[str], changed: Sequence[str], unchanged: Sequence[str]) -> Insert:
    insert = mysql.insert(table)
    # Where nothing changes, a key set to itself is "do nothing" without the silence of INSERT IGNORE.
    names = changed or [keys[0]]
    # SQLAlchemy's `inserted` doubles a percent sign twice.
    incoming = {name: func.values(column(name)) for name in names}
    values = {name: table.c[name] for name in unchanged} | incoming
    return insert.on_duplicate_key_update(values)


def _exact_texts(connection: Connection, table: Table) -> Mapping[str, int]:
    rows = connection.execute(_EXACT_TEXTS, {"name": table.name, "schema": table.schema})
    return {str(name): int(length) for name, length in rows}


_UNIQUE_PARTS = text(
    "SELECT s.index_name, s.column_name, s.sub_part IS NULL AND s.column_name IS NOT NULL, "
    "coalesce(c.extra LIKE '%auto_increment%' "
    "OR (c.is_nullable = 'YES' AND coalesce(c.column_default, 'NULL') = 'NULL' AND c.extra NOT LIKE '%GENERATED%') "
    "OR lower(c.column_default) REGEXP '^(uuid|uuid_short|uuid_v4|uuid_v7|sys_guid|nextval) ?[(]', 0) "
    "FROM information_schema.statistics s LEFT JOIN information_schema.columns c ON c.table_schema = s.table_schema "
    "AND c.table_name = s.table_name AND c.column_name = s.column_name "
    "WHERE s.non_unique = 0 AND s.table_name = :name AND s.table_schema = coalesce(:schema, database()) "
    "ORDER BY s.index_name, s.seq_in_index"
)
_WITHOUT_TRANSACTIONS = text(
    "SELECT t.engine FROM information_schema.tables t JOIN information_schema.engines e ON e.engine = t.engine "
    "WHERE e.transactions <> 'YES' AND t.table_name = :name AND t.table_schema = coalesce(:schema, database())"
)


_TRIGGERS = text(
    "SELECT count(*) FROM information_schema.triggers WHERE event_object_table = :name "
    "AND event_object_schema = coalesce(:schema, database())"
)


def _unique_parts(connection: Connection, table: Table) -> Sequence[UniquePart]:
    rows = connection.execute(_UNIQUE_PARTS, {"name": table.name, "schema": table.schema})
    return [UniquePart(key, column, bool(whole), bool(fresh)) for key, column, whole, fresh in rows]


def _without_transactions(connection: Connection, table: Table) -> str | None:
    engine = connection.scalar(_WITHOUT_TRANSACTIONS, {"name": table.name, "schema": table.schema})
    return str(engine) if engine is not None else None


def _has_triggers(connection: Connection, table: Table) -> bool:
    return bool(connection.scalar(_TRIGGERS, {"name": table.name, "schema": table.schema}))


def _create_question(place: str, _schema: str | None) -> str:
    """Preparing a statement asks for its rights; a table of that name is neither made nor needed."""
    escaped = place.replace("\\", "\\\\").replace("'", "''")
    return f"PREPARE nightcast FROM 'CREATE TABLE {escaped} (a INT)'"


def _compared_by(collation: str) -> dict[str, Any]:
    """The fields of a dialect whose collation that distinguishes all texts has this name."""

    def by_bytes(name: str) -> ColumnElement[Any]:
        return collate(cast(column(name), mysql.CHAR(charset="utf8mb4")), collation)

    return {
        "key_text": lambda length: mysql.VARCHAR(length, charset="utf8mb4", collation=collation),
        "long_text": mysql.LONGTEXT(charset="utf8mb4", collation=collation),  # a TEXT ends at 64 KiB
        "by_bytes": by_bytes,
    }


MARIADB = SqlDialect(
    name="mysql",
    drivers=dict.fromkeys(("mysql", "mariadb", "mariadb+pymysql"), "mysql+pymysql"),
    # The default locks gaps, and reads what was there before a lock was ours; parameters by place are for `bulk`.
    engine_options={"isolation_level": "READ COMMITTED", "paramstyle": "format"},
    connect_arguments=connect_timeout("pymysql"),
    prepare=_prepare,
    read_only=("START TRANSACTION READ ONLY",),
    is_passing=_is_passing,
    inert=(
        r"'(?:[^'\\]|\\.|'')*'",
        r'"(?:[^"\\]|\\.|"")*"',
        r"`[^`]*`",
        r"/\*.*?\*/",
        r"--\s[^\n]*",
        r"#[^\n]*",
    ),
    instant=mysql.DATETIME(fsp=6),
    bounds_key_text=True,
    insert_or_update=_insert_or_update,
    upserts_by_any_key=True,
    unique_parts=_unique_parts,
    without_transactions=_without_transactions,
    exact_texts=_exact_texts,
    has_triggers=_has_triggers,
    denies=lambda error: error.args[0] in _DENIED,
    create_question=_create_question,
    now="SELECT utc_timestamp(6) AS moment",
    session_lock=("SELECT GET_LOCK(:name, :seconds)", "SELECT RELEASE_LOCK(:name)"),
    **_compared_by("utf8mb4_nopad_bin"),  # utf8mb4_bin would ignore blanks at the end of a key
)
MYSQL = replace(MARIADB, **_compared_by("utf8mb4_0900_bin"))
