"""Whether a table of the user's can take forecasts: its key, and the types of its columns."""

from collections.abc import Sequence
from typing import Any

import pyarrow as pa
from sqlalchemy import Connection, Date, DateTime, Float, Integer, Numeric, Table, inspect
from sqlalchemy.types import NullType, TypeEngine

from lstm.errors import SinkError
from lstm.storage.sinks.sink_rows import SinkRows
from lstm.storage.sql.dialects.known import dialect_of


def unique_key(connection: Connection, table: Table, name: str, delivery: SinkRows) -> tuple[str, ...]:
    """Columns of the table's unique key by which a forecast replaces the one before: series, target and time.

    With `cutoff` in the key too, the table keeps the forecasts of every cutoff. Raises SinkError without such a key,
    and where another one would make MariaDB change rows of other series.
    """
    uniques = _unique_columns(connection, table)
    key = delivery.key
    cutoff = delivery.names.get("cutoff")
    if frozenset(key) not in uniques and cutoff is not None and frozenset((*key, cutoff)) in uniques:
        key = (*key, cutoff)
    key_set = frozenset(key)
    if key_set not in uniques:
        existing = "; ".join(", ".join(sorted(columns)) for columns in uniques) or "none"
        raise SinkError(
            f"sink table {name} needs a primary key or a unique constraint on exactly ({', '.join(key)}), so that a "
            f"forecast replaces the one before; it has: {existing}"
        )
    if dialect_of(connection).upserts_by_any_key:
        # ON DUPLICATE KEY looks at every unique key, and would change the row of another series.
        written = frozenset(delivery.rows.column_names)
        rivals = [columns for columns in uniques if not columns >= key_set and columns <= written]
        if rivals:
            raise SinkError(
                f"sink table {name} has a second unique key on {', '.join(sorted(rivals[0]))}, by which MariaDB would "
                "change rows of other series; drop it, or deliver into another table"
            )
    return key


def _unique_columns(connection: Connection, table: Table) -> list[frozenset[str]]:
    inspector = inspect(connection)
    place: dict[str, Any] = {"table_name": table.name, "schema": table.schema}
    keys = [inspector.get_pk_constraint(**place)["constrained_columns"]]
    keys += [constraint["column_names"] for constraint in inspector.get_unique_constraints(**place)]
    for index in inspector.get_indexes(**place):
        partial = any(option.endswith("_where") for option in index.get("dialect_options", {}))
        if index["unique"] and not partial and None not in index["column_names"]:
            keys.append([str(column_name) for column_name in index["column_names"]])
    return [frozenset(columns) for columns in dict.fromkeys(map(tuple, keys)) if columns]


def check_types(connection: Connection, table: Table, name: str, delivery: SinkRows) -> tuple[str, ...]:
    """Sentences on what the table keeps less exactly, which it was declared to do.

    Raises SinkError for a column that would change a forecast or its time otherwise, which some databases do silently.
    """
    loose = dialect_of(connection).loosely_typed
    fault = _time_fault(table.c[delivery.time].type, delivery.rows.schema.field(delivery.time).type, loose=loose)
    if fault is not None:
        raise SinkError(f"sink table {name}: its column {delivery.time} is {_shown(table, delivery.time)}, {fault}")
    written = [column for column in delivery.numbers if column in delivery.rows.column_names]
    for column in written:
        fault = _number_fault(_plain(table.c[column].type), loose=loose)
        if fault is not None:
            raise SinkError(f"sink table {name}: its column {column} is {_shown(table, column)}, {fault}")
    return () if loose else _rounded(table, written)


def _time_fault(column: TypeEngine[Any], times: pa.DataType, *, loose: bool) -> str | None:
    column = _plain(column)
    if pa.types.is_integer(times):
        return None
    if isinstance(column, (Integer, Float)):
        return "which holds no dates; declare it as a date, a time or text"
    if pa.types.is_timestamp(times) and not loose and isinstance(column, Date) and not isinstance(column, DateTime):
        return "which would cut the hours of forecasts that are finer than a day; declare it as a timestamp"
    return None


def _number_fault(column: TypeEngine[Any], *, loose: bool) -> str | None:
    scale = getattr(column, "scale", None)
    if not loose and (isinstance(column, Integer) or scale == 0):
        return "which would round forecasts to whole numbers; declare it DOUBLE PRECISION or with decimals"
    if isinstance(column, (Integer, Float, Numeric, NullType)):
        return None
    return "and a forecast is a number; declare it DOUBLE PRECISION"


def _rounded(table: Table, written: Sequence[str]) -> tuple[str, ...]:
    scales = {column: getattr(_plain(table.c[column].type), "scale", None) for column in written}
    return tuple(
        f"column {column} keeps {scale} decimals, as it was declared" for column, scale in scales.items() if scale
    )


def _plain(column: TypeEngine[Any]) -> TypeEngine[Any]:
    """The type beneath a domain of PostgreSQL."""
    beneath: TypeEngine[Any] = getattr(column, "data_type", column)
    return beneath


def _shown(table: Table, column: str) -> str:
    return str(table.c[column].type)
