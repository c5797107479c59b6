"""Columns of a source, each in the type that its role asks for."""

from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lstm.config import Roles
from lstm.data.columns import numbers_from_text
from lstm.data.distinct import distinct_values
from lstm.errors import SourceError

KEY_TEXT = pa.dictionary(pa.int32(), pa.string())
INSTANT = pa.timestamp("us", tz="UTC")
Place = Callable[[int], str]  # of a row, counted from 0, as a person finds it


def typed(table: pa.Table, roles: Roles, decimal: str, where: str, place: Place) -> pa.Table:
    """The columns of a source in their roles' types. where: the file or table. place: tells a row of it.

    Raises SourceError that names the column, the first rows and the values that do not fit.
    """
    keys = [_key(table[name], name, where) for name in roles.series]
    times = [_time(table[name], name, where) for name in roles.times]
    numbers = [_number(table, name, decimal, where, place) for name in roles.numbers]
    static = [_static(table[name]) for name in roles.static]
    return pa.table([*keys, *times, *numbers, *static], names=list(roles.columns))


def refuse_missing(roles: Roles, there: list[str], where: str, remark: str = "") -> None:
    """Raises SourceError for a column that is not there, or is there twice."""
    missing = [name for name in roles.columns if name not in there]
    if missing:
        raise SourceError(
            f"{where} has no column {', '.join(map(repr, missing))}; it has {', '.join(map(repr, there))}{remark}"
        )
    twice = [name for name in roles.columns if there.count(name) > 1]
    if twice:
        raise SourceError(f"{where} has {there.count(twice[0])} columns named {twice[0]!r}; rename all but one")


def _plain(kind: pa.DataType) -> pa.DataType:
    return kind.value_type if pa.types.is_dictionary(kind) else kind


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


def _decoded(column: pa.ChunkedArray) -> pa.ChunkedArray:
    return column.cast(_plain(column.type)) if pa.types.is_dictionary(column.type) else column


def _as_text(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Text, dictionary-encoded, as all sources give it."""
    if column.type == KEY_TEXT:
        return column
    return _decoded(column).cast(pa.string()).dictionary_encode()


def _key(column: pa.ChunkedArray, name: str, where: str) -> pa.ChunkedArray:
    kind = _plain(column.type)
    if pa.types.is_integer(kind):
        return _decoded(column).cast(pa.int64())
    if pa.types.is_floating(kind) or pa.types.is_binary(kind) or pa.types.is_nested(kind):
        raise SourceError(
            f"{where}: series column {name!r} is {kind}, which does not keep ids apart; write ids as text or integers"
        )
    return _as_text(column)


def _time(column: pa.ChunkedArray, name: str, where: str) -> pa.ChunkedArray:
    kind = _plain(column.type)
    column = column if _is_text(kind) else _decoded(column)
    if pa.types.is_integer(kind):
        return column.cast(pa.int64())
    if pa.types.is_date(kind):
        return column.cast(pa.date32())
    if pa.types.is_timestamp(kind):
        try:
            return column.cast(pa.timestamp("us") if kind.tz is None else INSTANT)
        except pa.ArrowInvalid:
            raise SourceError(f"{where}: time column {name!r} has fractions of a microsecond; round it") from None
    if _is_text(kind) or pa.types.is_null(kind):
        return _as_text(column)
    raise SourceError(f"{where}: time column {name!r} is {kind}; dates, time stamps, text and integers are understood")


def _number(table: pa.Table, name: str, decimal: str, where: str, place: Place) -> pa.ChunkedArray:
    column = table[name]
    kind = _plain(column.type)
    if not _is_text(kind):
        if pa.types.is_temporal(kind) or pa.types.is_nested(kind) or pa.types.is_binary(kind):
            raise SourceError(f"{where}: column {name!r} is {kind}, not a number")
        return _decoded(column).cast(pa.float64(), safe=False)
    code, distinct = distinct_values(column)
    values, bad = numbers_from_text(distinct.cast(pa.string()), decimal)
    wrong = np.flatnonzero(np.append(bad, False)[code])
    if len(wrong):
        raise SourceError(
            not_numbers(
                name,
                [(int(row), distinct[code[row]].as_py()) for row in wrong[:3]],
                len(wrong),
                where,
                place,
                decimal,
            )
        )
    return pa.chunked_array([pc.take(values, pa.array(code, mask=code < 0))])


def not_numbers(name: str, examples: list[tuple[int, str]], count: int, where: str, place: Place, decimal: str) -> str:
    """The message for texts in a column of numbers. examples: (row, text)."""
    shown = ", ".join(f"{text!r} ({place(row)})" for row, text in examples)
    comma = decimal == "." and any("," in text for _, text in examples)
    hint = 'set source.decimal = ",", ' if comma else ""
    return f"{where}: column {name!r} is not a number in {count} rows: {shown}; {hint}mend the rows or leave them empty"


def _static(column: pa.ChunkedArray) -> pa.ChunkedArray:
    kind = _plain(column.type)
    if _is_text(kind):
        return _as_text(column)
    if (
        pa.types.is_integer(kind)
        or pa.types.is_floating(kind)
        or pa.types.is_decimal(kind)
        or pa.types.is_boolean(kind)
    ):
        return _decoded(column).cast(pa.float64(), safe=False)
    return _as_text(column)
