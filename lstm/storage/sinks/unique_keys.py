"""By which key of a table a forecast replaces the one before, and by which others MariaDB would change a wrong row."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, Table, inspect

from lstm.errors import SinkError
from lstm.storage.sinks.sink_rows import SinkRows
from lstm.storage.sql.dialects.dialect import UniquePart
from lstm.storage.sql.dialects.known import dialect_of


@dataclass(frozen=True)
class UniqueKey:
    """A unique key of a table."""

    parts: tuple[UniquePart, ...]

    @property
    def columns(self) -> frozenset[str] | None:
        """Its columns; None where it compares other things than their whole values."""
        columns = self.whole
        return columns if len(columns) == len(self.parts) else None

    @property
    def whole(self) -> frozenset[str]:
        """Those of its columns of which it compares the whole value."""
        return frozenset(part.column for part in self.parts if part.column is not None and part.whole)

    def hits_others(self, key: frozenset[str], written: Collection[str | None]) -> bool:
        """Whether a new row may be equal to the row of another series in it, the key being another."""
        fresh = any(part.fresh and part.column not in written for part in self.parts)
        return not (fresh or key <= self.whole)

    def __str__(self) -> str:
        return ", ".join(_shown(part) for part in sorted(self.parts, key=lambda part: part.column or ""))


def unique_key(connection: Connection, table: Table, name: str, delivery: SinkRows) -> tuple[str, ...]:
    """Columns of the table's unique key by which a forecast replaces the one before: series, target and time.

    With `cutoff` in the key too, the table keeps the forecasts of every cutoff. Raises SinkError without such a key,
    and where another one would make MariaDB change rows of other series.
    """
    uniques = _unique_keys(connection, table)
    exact = {unique.columns for unique in uniques}
    key = delivery.key
    cutoff = delivery.names.get("cutoff")
    if frozenset(key) not in exact and cutoff is not None and frozenset((*key, cutoff)) in exact:
        key = (*key, cutoff)
    if frozenset(key) not in exact:
        existing = "; ".join(map(str, uniques)) or "none"
        raise SinkError(
            f"sink table {name} needs a primary key or a unique constraint on exactly ({', '.join(key)}), so that a "
            f"forecast replaces the one before; it has: {existing}"
        )
    if dialect_of(connection).upserts_by_any_key:
        # ON DUPLICATE KEY looks at every unique key, also at those of columns that we leave to the table.
        rivals = [unique for unique in uniques if unique.hits_others(frozenset(key), delivery.rows.column_names)]
        if rivals:
            raise SinkError(
                f"sink table {name} has a second unique key on {rivals[0]}, by which MariaDB would change rows of "
                "other series; drop it, or deliver into another table"
            )
    return key


def _unique_keys(connection: Connection, table: Table) -> list[UniqueKey]:
    parts = dialect_of(connection).unique_parts(connection, table)
    if parts:
        return [UniqueKey(tuple(group)) for _, group in groupby(parts, key=lambda part: part.key)]
    return [
        UniqueKey(tuple(UniquePart("", column, True, False) for column in key)) for key in _inspected(connection, table)
    ]


def _inspected(connection: Connection, table: Table) -> Sequence[tuple[str, ...]]:
    inspector = inspect(connection)
    place: dict[str, Any] = {"table_name": table.name, "schema": table.schema}
    keys = [inspector.get_pk_constraint(**place)["constrained_columns"]]
    keys += [constraint["column_names"] for constraint in inspector.get_unique_constraints(**place)]
    for index in inspector.get_indexes(**place):
        partial = any(option.endswith("_where") for option in index.get("dialect_options", {}))
        if index["unique"] and not partial and None not in index["column_names"]:
            keys.append([str(column_name) for column_name in index["column_names"]])
    return [key for key in dict.fromkeys(map(tuple, keys)) if key]


def _shown(part: UniquePart) -> str:
    return (part.column or "an expression") + ("" if part.whole or part.column is None else " (its beginning)")
