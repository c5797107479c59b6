"""Columns of a source, each in the type that its role asks for."""

from collections.abc import Callable, Collection, Sequence
from difflib import get_close_matches

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lstm.config import Roles, Table
from lstm.data.rows.bad_rows import BadRows, Policy
from lstm.data.rows.distinct import distinct_values, unified
from lstm.data.rows.missing_codes import MissingCodes
from lstm.data.rows.number_marks import number_advice
from lstm.data.rows.numbers import numbers_from_text
from lstm.data.timestamps.strptime import DAY_MICROS
from lstm.data.timestamps.time_parts import joined_parts
from lstm.errors import SourceError
from lstm.storage.sources.plain_columns import exact_numbers, is_number, is_text, plain, value_type

KEY_TEXT = pa.dictionary(pa.int32(), pa.string())
MICROS = pa.timestamp("us")
INSTANT = pa.timestamp("us", tz="UTC")
SHOWN_COLUMNS = 20

_LATEST = {"s": 253_402_300_800, "ms": 253_402_300_800_000}  # the year 10000


def typed(
    table: pa.Table,
    roles: Roles,
    marks: Table,
    where: str,
    bad: BadRows,
    policy: Policy,
    *,
    declared: Collection[str] = (),
) -> pa.Table:
    """The columns of a source, or of some of its rows, in their roles' types: `SourceRows` says which those are.

    marks: decimal and thousands marks of texts, and codes for missing values. where: the file or table. bad: of these
    rows; one with a value that does not fit is refused, or masked in it and null. declared: columns that a database
    declares as numbers, where a word such as `n/a` is a fault, as NULL is there to say it; blank text is missing
    everywhere.
    Static texts stay texts: whether all are numbers is for the rows to say that a run reads, see `Channels`.
    Raises SourceError that names a column of a type that does not fit its role.
    """
    columns = {name: plain(table[name], f"{where}: column {name!r}") for name in roles.read}
    if roles.time_parts:
        columns[roles.time] = joined_parts([columns[name] for name in (roles.time, *roles.time_parts)])
    codes = MissingCodes.of(marks.missing)
    for name in (*roles.numbers, *roles.static):
        if is_number(columns[name].type) or is_text(columns[name].type):
            columns[name], counts = codes.taken_out(columns[name], marks.decimal, marks.thousands)
            bad.codes.update({(name, code): often for code, often in counts.items()})
    keys = [_key(columns[name], name, where) for name in roles.series]
    times = [_time(columns[name], name, where, bad, policy) for name in roles.times]
    numbers = [_number(columns[name], name, where, marks, bad, policy, name in declared) for name in roles.numbers]
    static = [_static(columns[name]) for name in roles.static]
    return pa.table([*keys, *times, *numbers, *static], names=list(roles.columns))


def refuse_missing(roles: Roles, names: list[str], where: str, remark: str = "") -> None:
    """Raises SourceError for a column that is not there, or is there twice."""
    missing = [name for name in roles.read if name not in names]
    if missing:
        raise SourceError(
            f"{where} has no column {', '.join(map(repr, missing))}; it has {_shown_names(names, missing)}{remark}",
            column=missing[0],
        )
    repeated = [name for name in roles.read if names.count(name) > 1]
    if repeated:
        raise SourceError(
            f"{where} has {names.count(repeated[0])} columns named {repeated[0]!r}; rename all but one",
            column=repeated[0],
        )


def _shown_names(names: list[str], missing: list[str]) -> str:
    if len(names) <= SHOWN_COLUMNS:
        return ", ".join(map(repr, names))
    similar = [name for absent in missing[:3] for name in get_close_matches(absent, names, 3, 0.5)]
    return f"{len(names):,} columns, such as {', '.join(map(repr, dict.fromkeys(similar or names[:5])))}"


def _key(column: pa.ChunkedArray, name: str, where: str) -> pa.ChunkedArray:
    """int64 or text. The type alone decides, so that ids never change theirs with the rows of a day."""
    kind = column.type
    if pa.types.is_floating(kind):
        raise SourceError(
            f"{where}: series column {name!r} is {kind}, which does not hold ids exactly; write ids as text or "
            "integers",
            column=name,
        )
    if pa.types.is_integer(kind) and kind != pa.uint64():  # which holds ids beyond int64
        return column.cast(pa.int64())
    return _as_text(column)


def _time(column: pa.ChunkedArray, name: str, where: str, bad: BadRows, policy: Policy) -> pa.ChunkedArray:
    kind = column.type
    if pa.types.is_integer(kind):
        return _whole_times(column, name, bad, policy)
    if pa.types.is_floating(kind):  # counts, which source.time_format tells the meaning of
        return _no_nan(column.cast(pa.float64()))
    if pa.types.is_date(kind):
        return column.cast(pa.date32())
    if pa.types.is_timestamp(kind):
        return _micros(column, name, bad, policy)
    if is_text(kind) or pa.types.is_decimal(kind) or pa.types.is_null(kind):
        return _as_text(column)
    raise SourceError(
        f"{where}: time column {name!r} is {kind}; dates, time stamps, text and numbers are understood", column=name
    )


def _whole_times(column: pa.ChunkedArray, name: str, bad: BadRows, policy: Policy) -> pa.ChunkedArray:
    if column.type != pa.uint64():
        return column.cast(pa.int64())
    fault = np.asarray(pc.greater(column, pa.scalar(2**63 - 1, pa.uint64())).fill_null(False))
    shown = _shown_values(column)
    bad.reject(fault, policy, column=name, reason="is beyond all times", advice="mend it, or leave it out", shown=shown)
    return pc.if_else(pa.array(~fault), column, None).cast(pa.int64())


def _no_nan(column: pa.ChunkedArray) -> pa.ChunkedArray:
    missing = pc.is_nan(column)
    return pc.if_else(missing, None, column) if pc.any(missing).as_py() else column


def _micros(column: pa.ChunkedArray, name: str, bad: BadRows, policy: Policy) -> pa.ChunkedArray:
    kind = MICROS if column.type.tz is None else INSTANT
    try:
        return column.cast(kind)
    except pa.ArrowInvalid:
        counts = np.asarray(column.cast(pa.int64()).fill_null(0))
    if column.type.unit == "ns":
        fault, reason = counts % 1000 != 0, "has fractions of a microsecond"
    else:
        fault, reason = np.abs(counts) > _LATEST[column.type.unit], "lies outside of the years 1 to 9999"
    shown = _shown_values(column)
    bad.reject(fault, policy, column=name, reason=reason, advice="mend it, or leave the row out", shown=shown)
    return pc.if_else(pa.array(~fault), column, None).cast(kind)


def _shown_values(column: pa.ChunkedArray) -> Callable[[int], str]:
    return lambda row: f"{str(column[row].cast(pa.string()))!r} in "


def _number(
    column: pa.ChunkedArray, name: str, where: str, marks: Table, bad: BadRows, policy: Policy, declared: bool
) -> pa.ChunkedArray:
    if is_number(column.type) or pa.types.is_null(column.type):
        return column.cast(pa.float64(), safe=False)
    if not is_text(column.type):
        raise SourceError(f"{where}: column {name!r} is {column.type}, not a number", column=name)
    code, texts = _texts(column)
    values, wrong = numbers_from_text(texts, marks.decimal, marks.thousands)
    words = _words_for_missing(texts, values) & ~wrong if declared else np.zeros(len(wrong), bool)
    if wrong.any() or words.any():
        advice = number_advice(texts, wrong, marks.decimal, marks.thousands) if policy == "error" else ""
        advice += "write NULL where a value is missing, " if words.any() else ""
        bad.reject(
            np.append(wrong | words, False)[code],
            policy,
            column=name,
            reason="is not a number",
            advice=f'{advice}mend the rows, leave them empty, or set source.bad_rows = "set_aside"',
            shown=lambda row: f"{texts[code[row]].as_py()!r} in ",
            fields=lambda row: {"value": texts[code[row]].as_py()},
        )
    return _of_rows(values, code)


def _texts(column: pa.ChunkedArray) -> tuple[np.ndarray, pa.Array]:
    """(which of the texts each row has; the distinct ones of a dictionary, which is small, else all as they come)."""
    if pa.types.is_dictionary(column.type):
        code, distinct = distinct_values(column)
        return code, distinct.cast(pa.string())
    return np.arange(len(column), dtype=np.int32), column.cast(pa.string()).combine_chunks()


def _words_for_missing(texts: pa.Array, values: pa.Array) -> np.ndarray:
    """bool (U): texts that are no value and not blank."""
    return np.asarray(pc.and_(values.is_null(), pc.not_equal(pc.utf8_trim_whitespace(texts), "")), bool)


def _of_rows(values: pa.Array, code: np.ndarray) -> pa.ChunkedArray:
    """float64 (R), null where missing. values: U, null where missing. code: (R), -1 where missing."""
    distinct = np.append(np.asarray(values.to_numpy(zero_copy_only=False)), np.nan)
    return pa.chunked_array([pa.array(distinct[code], from_pandas=True)])


def _static(column: pa.ChunkedArray) -> pa.ChunkedArray:
    return column.cast(pa.float64(), safe=False) if is_number(column.type) else _as_text(column)


def _as_text(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Text, dictionary-encoded, as all sources give it; equal decimals are the same text."""
    if column.type == KEY_TEXT:
        return column
    if not pa.types.is_dictionary(column.type):
        column = column.dictionary_encode()
    exact = pa.types.is_decimal(value_type(column.type))
    chunks = []
    for chunk in column.unify_dictionaries().chunks:
        texts = chunk.dictionary.cast(pa.string())
        codes = chunk.indices.cast(pa.int32())
        chunks.append(pa.DictionaryArray.from_arrays(codes, exact_numbers(texts) if exact else texts))
    return pa.chunked_array(chunks, KEY_TEXT)


def joined(tables: Sequence[pa.Table]) -> pa.Table:
    """Typed tables of one source, of several files or of parts of one, as one table.

    A column without any value has every type. Dates and stamps that are all midnights are dates; integers and fractions
    are float64. Raises SourceError that names both types where ids or times of one column are not of one kind.
    """
    names = tables[0].column_names
    return pa.table([_joined_column(name, [table[name] for table in tables]) for name in names], names=names)


def _joined_column(name: str, parts: list[pa.ChunkedArray]) -> pa.ChunkedArray:
    filled = [part for part in parts if part.null_count < len(part)]
    kinds = list(dict.fromkeys(part.type for part in filled or parts[:1]))
    kind = kinds[0] if len(kinds) == 1 else _common_type(name, kinds, filled)
    chunks = [chunk for part in parts for chunk in _cast(part, kind).chunks]
    return unified(pa.chunked_array(chunks, kind))


def _cast(part: pa.ChunkedArray, kind: pa.DataType) -> pa.ChunkedArray:
    if part.type == kind:
        return part
    empty = part.null_count == len(part)
    return pa.chunked_array([pa.nulls(len(part), kind)]) if empty else part.cast(kind)


def _common_type(name: str, kinds: list[pa.DataType], parts: list[pa.ChunkedArray]) -> pa.DataType:
    if set(kinds) == {pa.int64(), pa.float64()}:
        return pa.float64()
    if set(kinds) == {pa.date32(), MICROS} and all(_is_midnight(part) for part in parts):
        return pa.date32()
    first, second = (str(KEY_TEXT.value_type if kind == KEY_TEXT else kind) for kind in kinds[:2])
    raise SourceError(
        f"column {name!r} is {first} in one file of the source and {second} in another; write the files with one type"
    )


def _is_midnight(part: pa.ChunkedArray) -> bool:
    return bool(pa.types.is_date(part.type) or not np.any(np.asarray(part.cast(pa.int64()).fill_null(0)) % DAY_MICROS))
