"""Whether a user of a database may do what a run will do there, asked without doing it."""

import os
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from sqlalchemy import Connection, Table
from sqlalchemy.exc import DBAPIError

from lstm.storage.sql.connections import Faults
from lstm.storage.sql.dialects.known import dialect_of


def refuse_unwritable(file: Path, faults: Faults) -> None:
    """Raises `faults.failed` where a database that is a file, or the folder of its journal, cannot be written."""
    place = next((place for place in (file, *file.resolve().parents) if place.exists()), file)
    for written in {place, place if place.is_dir() else place.resolve().parent}:
        if not os.access(written, os.W_OK):
            raise faults.failed(f"{faults.what} cannot be written in {written}; mend its permissions, or name another")


def refuse_missing_rights(
    connection: Connection, table: Table, rights: Mapping[str, Sequence[str]], faults: Faults
) -> None:
    """Raises `faults.failed` for the first right on a table that the connection's user lacks.

    rights: the columns by SELECT, INSERT, UPDATE and DELETE. A database in a file has no users. A statement of each is
    explained, not executed, for which a database asks for the same rights.
    """
    if dialect_of(connection).in_a_file:
        return
    quoted = connection.dialect.identifier_preparer
    place = quoted.format_table(table)
    for right, columns in rights.items():
        names = [quoted.quote(name) for name in columns]
        statement = {
            "SELECT": f"SELECT {', '.join(names)} FROM {place}",
            "INSERT": f"INSERT INTO {place} ({', '.join(names)}) VALUES ({', '.join(['NULL'] * len(names))})",
            "UPDATE": f"UPDATE {place} SET {', '.join(f'{name} = NULL' for name in names)}",
            "DELETE": f"DELETE FROM {place}",
        }[right]
        reason = _denial(connection, f"EXPLAIN {statement}") if names else None
        if reason is not None:
            user = connection.engine.url.username
            raise faults.failed(
                f"{faults.what}: user {user} may not {right} in table {table.fullname} ({reason}); "
                f"GRANT {right} ON {table.fullname} to it, or name another user"
            )


def refuse_missing_creation(connection: Connection, table: Table, faults: Faults) -> None:
    """Raises `faults.failed` where a table is to be made and the connection's user may not."""
    quoted = connection.dialect.identifier_preparer
    question = dialect_of(connection).create_question(quoted.format_table(table), table.schema)
    if question is None:
        return
    reason = _denial(connection, question)
    if reason is not None:
        raise faults.failed(
            f"{faults.what}: there is no table {table.fullname}, and user {connection.engine.url.username} may not "
            f"make it ({reason}); make the table, or GRANT CREATE to the user"
        )


def every_column(table: Table, rights: Collection[str]) -> dict[str, list[str]]:
    """All columns of a table for each right, as `refuse_missing_rights` wants them."""
    return {right: [column.name for column in table.columns] for right in rights}


def _denial(connection: Connection, statement: str) -> str | None:
    """The database's words, where it refuses a statement for want of a right. What else it says is not told here."""
    try:
        with connection.begin_nested():
            connection.exec_driver_sql(statement.replace("%%", "%"))
    except DBAPIError as error:
        if dialect_of(connection).denies(error.orig):
            return str(error.orig.args[-1]).splitlines()[0] if error.orig is not None else ""
    return None
