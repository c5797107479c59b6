"""What PostgreSQL's types may be in a source: read as which Arrow type in which role, or refused by name."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import pyarrow as pa
import sqlalchemy as sa

from lstm.config import Roles
from lstm.errors import SourceError
from lstm.storage.sources.typed_columns import INSTANT, KEY_TEXT

Role = Literal["series", "time", "time part", "number", "static"]
Kind = Literal["integer", "decimal", "float", "boolean", "date", "stamp", "instant", "clock", "text"]

_KINDS: dict[str, Kind] = {
    "int2": "integer", "int4": "integer", "int8": "integer", "numeric": "decimal", "float4": "float",
    "float8": "float", "bool": "boolean", "date": "date", "timestamp": "stamp", "timestamptz": "instant",
    "time": "clock", "uuid": "text",
}  # fmt: skip
_TEXT_CATEGORIES = "SEIX"  # strings, enums, network addresses, literals without a type
_TEXTS: dict[Kind, pa.DataType] = {"text": KEY_TEXT, "date": KEY_TEXT, "stamp": KEY_TEXT, "instant": KEY_TEXT}
_FLOATS: dict[Kind, pa.DataType] = dict.fromkeys(("integer", "decimal", "float"), pa.float64()) | {
    "boolean": pa.bool_()
}
_READ_AS: dict[Role, dict[Kind, pa.DataType]] = {
    "series": {**_TEXTS, "integer": pa.int64(), "decimal": KEY_TEXT, "boolean": KEY_TEXT},
    "time": {
        "integer": pa.int64(), "decimal": KEY_TEXT, "float": pa.float64(), "date": pa.date32(),
        "stamp": pa.timestamp("us"), "instant": INSTANT, "text": KEY_TEXT,
    },
    "time part": dict.fromkeys(("integer", "decimal", "date", "clock", "text"), KEY_TEXT),
    "number": {**_FLOATS, "text": pa.string()},
    "static": {**_FLOATS, **_TEXTS},
}  # fmt: skip
_TYPES_OF = sa.text("SELECT oid, typname, typcategory, format_type(oid, NULL) FROM pg_type WHERE oid = ANY(:oids)")


@dataclass(frozen=True)
class ReadColumn:
    """A column of a source. as_text: the database writes it as text. exact: a number that is kept as its digits."""

    name: str
    arrow: pa.DataType
    as_text: bool
    exact: bool


def read_columns(connection: sa.Connection, roles: Roles, oids: dict[str, int], where: str) -> list[ReadColumn]:
    """How each column of the roles is read. oids: types by column name.

    Raises SourceError for a type that its role cannot have: an array, json, bytes, an interval, a float as an id.
    """
    rows = connection.execute(_TYPES_OF, {"oids": sorted(set(oids.values()))})
    types = {oid: (name, category, shown) for oid, name, category, shown in rows}
    columns = []
    for role, name in _in_roles(roles):
        type_name, category, shown = types[oids[name]]
        kind = _KINDS.get(type_name) or ("text" if category in _TEXT_CATEGORIES else None)
        if kind is None or kind not in _READ_AS[role]:
            raise SourceError(f"{where}: {role} column {name!r} is {shown}; {_advice(role, kind)}")
        # Padding is no part of a character(n), and a cast leaves it out; `true` rather than `t` names a series.
        as_text = type_name == "bpchar" or (role == "series" and kind == "boolean")
        columns.append(ReadColumn(name, _READ_AS[role][kind], as_text, kind == "decimal"))
    return columns


def _in_roles(roles: Roles) -> Iterator[tuple[Role, str]]:
    groups: Sequence[tuple[Role, tuple[str, ...]]] = (
        ("series", roles.series), ("time", roles.times), ("time part", roles.time_parts), ("number", roles.numbers),
        ("static", roles.static),
    )  # fmt: skip
    return ((role, name) for role, names in groups for name in names)


def _advice(role: Role, kind: Kind | None) -> str:
    if role == "series" and kind == "float":
        return "which does not hold ids exactly; cast it to bigint or text in source.query"
    targets = {"time": "date or timestamptz", "number": "double precision"}
    return f"cast it to {targets.get(role, 'text')} in source.query"
