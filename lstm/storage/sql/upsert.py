"""INSERT that finds its row there already, in the dialect of each database."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Dialect, Insert, Table, bindparam
from sqlalchemy.dialects import mysql, postgresql, sqlite

from lstm.errors import StoreError


def upsert(
    dialect: Dialect, table: Table, columns: Sequence[str], keys: Sequence[str], *, kept: Sequence[str] = ()
) -> Insert:
    """INSERT of the columns (bound as `c0`, `c1`, …) that updates the row of the same keys, if there is one.

    kept: keys that MariaDB would set to the present time in such a row, where they were declared so or are the first
    TIMESTAMP of an older table.
    """
    values: dict[Any, Any] = {table.c[name]: bindparam(f"c{index}") for index, name in enumerate(columns)}
    changed = [name for name in columns if name not in keys]
    return _on_conflict(dialect, table, values, keys, changed, kept)


def insert_if_absent(connection: Connection, table: Table, values: dict[str, Any]) -> None:
    """Inserts a row unless one of the same primary key is there."""
    keys = [column.name for column in table.primary_key]
    connection.execute(_on_conflict(connection.dialect, table, values, keys, []))


def insert_or_replace(connection: Connection, table: Table, values: dict[str, Any]) -> None:
    """Inserts a row, or gives the row of the same primary key these values."""
    keys = [column.name for column in table.primary_key]
    connection.execute(
        _on_conflict(connection.dialect, table, values, keys, [name for name in values if name not in keys])
    )


def _on_conflict(
    dialect: Dialect,
    table: Table,
    values: dict[Any, Any],
    keys: Sequence[str],
    changed: Sequence[str],
    kept: Sequence[str] = (),
) -> Insert:
    if dialect.name == "mysql":
        changing = mysql.insert(table).values(values)
        # Where nothing changes, a key set to itself is "do nothing" without the silence of INSERT IGNORE.
        names = changed or [keys[0]]
        own = {name: table.c[name] for name in kept}
        return changing.on_duplicate_key_update(own | {name: changing.inserted[name] for name in names})
    if dialect.name not in ("sqlite", "postgresql"):
        raise StoreError(
            f"a database of the kind {dialect.name!r} cannot be written to; use SQLite, PostgreSQL or MariaDB"
        )
    insert: Any = (sqlite if dialect.name == "sqlite" else postgresql).insert(table).values(values)
    conflict: Insert
    if changed:
        conflict = insert.on_conflict_do_update(
            index_elements=list(keys), set_={name: insert.excluded[name] for name in changed}
        )
    else:
        conflict = insert.on_conflict_do_nothing(index_elements=list(keys))
    return conflict
