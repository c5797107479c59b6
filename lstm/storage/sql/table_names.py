"""The table that a name means: with or without its schema, quoted or not, and with dots in it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches

import sqlalchemy as sa

from lstm.errors import SourceError
from lstm.storage.sql.dialects.known import dialect_of

SHOWN_TABLES = 20
_SYSTEM_SCHEMAS = ("information_schema", "performance_schema", "mysql", "sys", "pg_catalog")
_NUMERIC = (sa.Integer, sa.Numeric, sa.Float)
_PART = re.compile(r'"((?:[^"]|"")+)"|`((?:[^`]|``)+)`|([^."`]+)')


@dataclass(frozen=True)
class FoundTable:
    """A table or view that is there. schema: None for the database's own search path. numeric: declared as numbers."""

    schema: str | None
    name: str
    columns: tuple[str, ...]
    numeric: frozenset[str] = frozenset()


def find_table(connection: sa.Connection, name: str) -> FoundTable:
    """The table or view that a person's name means: as it stands, else as `schema.table` cut at one of its dots.

    Raises SourceError that says what is there.
    """
    inspector = sa.inspect(connection)
    for schema, bare in readings(name):
        exists = schema is None or schema in inspector.get_schema_names()
        if exists and inspector.has_table(bare, schema):
            columns = inspector.get_columns(bare, schema)
            numeric = frozenset(column["name"] for column in columns if isinstance(column["type"], _NUMERIC))
            return FoundTable(schema, bare, tuple(column["name"] for column in columns), numeric)
    raise _absent(inspector, name)


def readings(name: str) -> Iterator[tuple[str | None, str]]:
    """Every (schema, table) that a name may mean, the likeliest first."""
    yield None, name
    dots = [place for place, letter in enumerate(name) if letter == "."]
    for dot in reversed(dots):
        if name[:dot] and name[dot + 1 :]:
            yield name[:dot], name[dot + 1 :]
    parts = [_unquoted(match) for match in _PART.finditer(name)]
    if name.startswith(('"', "`")) or name.endswith(('"', "`")):
        yield (None, parts[0]) if len(parts) == 1 else (".".join(parts[:-1]), parts[-1])


def _unquoted(match: re.Match[str]) -> str:
    double, back, bare = match.groups()
    return str((double and double.replace('""', '"')) or (back and back.replace("``", "`")) or bare)


def _absent(inspector: sa.Inspector, name: str) -> SourceError:
    schemas = [schema for schema in inspector.get_schema_names() if schema not in _SYSTEM_SCHEMAS]
    schema, _, bare = name.rpartition(".")
    if schema and schema not in schemas:
        return SourceError(
            f"there is no schema {schema}, which source.table = {name!r} names; there are {_listed(schemas)}"
        )
    elsewhere = [candidate for candidate in schemas if not schema and bare in _names(inspector, candidate)]
    if elsewhere:
        return SourceError(
            f"there is no table {name} in the schema of this connection, but one in {', '.join(elsewhere)}; "
            f"set source.table = {f'{elsewhere[0]}.{name}'!r}"
        )
    names = _names(inspector, schema or None)
    near = get_close_matches(bare, names, n=1)
    hint = f"; the nearest name is {near[0]}" if near and len(names) > SHOWN_TABLES else ""
    return SourceError(f"there is no table {name}; there are {_listed(names)}{hint}")


def _names(inspector: sa.Inspector, schema: str | None) -> list[str]:
    return sorted(inspector.get_table_names(schema) + dialect_of(inspector).view_names(inspector, schema))


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - SHOWN_TABLES} more" if len(names) > SHOWN_TABLES else ""
    return f"{', '.join(names[:SHOWN_TABLES]) or 'no tables'}{more}"
