"""Delivery: forecasts to a file or to a table outside of the store, whole or not at all, and as often as one likes."""

import gzip
import os
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from lstm.config import Sink
from lstm.config.ledger_columns import level_columns
from lstm.errors import SinkError, SinkUnavailableError
from lstm.storage.files.atomic import atomic_write_bytes
from lstm.storage.files.exclusive import alone_in
from lstm.storage.ledger.row_checks import fault_of
from lstm.storage.sinks.sink_rows import WRITTEN_AT, SinkRows, rounded_to
from lstm.storage.sinks.sink_table import deliver_into_table, rehearse_into_table
from lstm.storage.sql.column_types import iso_stamps


def deliver(
    sink: Sink,
    current: Callable[[], pa.Table],
    *,
    keys: tuple[str, ...],
    folder: Path,
    url: str | None,
    now: datetime,
    tell: Callable[[str], None] = lambda _: None,
) -> int:
    """Brings forecast rows to a sink, under the names that it has for their columns, and answers their number.

    current: the rows; asked for once nobody else delivers into the place, so that a process that stood still meanwhile
    learns what is current by then. Where there are none, nothing is touched. keys: series key columns; with target and
    time they name a row. folder: of the pipeline file, where a relative path begins. url: of the sink's database, with
    its secret. now: `written_at` in a table, where the rows have none. tell: is told what the table keeps less exactly
    than we wrote it, as it was declared to.

    A file is replaced whole. A table is made when it is missing; in one that is there, rows are upserted into those
    of its columns that forecasts have, and nothing else is touched. NaN becomes NULL. Raises SinkError when the rows or
    the table do not fit, SinkUnavailableError when the database is away or another delivery does not end.
    """
    if sink.path is not None:
        return _write_file(folder / sink.path, lambda: _file_rows(sink, _checked(sink, current(), keys)))
    assert sink.table is not None
    assert url is not None
    written = deliver_into_table(url, sink.table, lambda: _table_rows(sink, _checked(sink, current(), keys), keys, now))
    for note in written.notes:
        tell(note)
    return written.rows


def rehearse(
    sink: Sink, like: pa.Table, *, keys: tuple[str, ...], folder: Path, url: str | None, now: datetime
) -> None:
    """Asks a sink whether it would take rows, without writing any. like: a row for each target, of their columns.

    The other arguments are those of `deliver`, and so are the errors, as far as they do not depend on the rows' values.
    """
    if sink.path is not None:
        _names(sink, like.column_names)
        _refuse_unwritable(sink, folder / sink.path)
    elif sink.table is not None and url is not None:
        rehearse_into_table(url, sink.table, _table_rows(sink, like, keys, now))


def _refuse_unwritable(sink: Sink, path: Path) -> None:
    """Of a file, or of its folder where there is none yet, or of the folder in which that would be made."""
    place = next(place for place in (path, *path.resolve().parents) if place.exists())
    if path.is_dir() or (place != path and not place.is_dir()) or not os.access(place, os.W_OK):
        raise SinkError(
            f"sink {sink.name!r}: {path} cannot be written, because of {place}; mend its permissions, or path"
        )


def _checked(sink: Sink, rows: pa.Table, keys: tuple[str, ...]) -> pa.Table:
    """The rows, rounded as the sink asks. Raises SinkError where they break a rule."""
    if not len(rows):
        return rows
    clean = _without_nan(rows)
    levels = level_columns(clean.column_names)
    fault = fault_of(clean, (*keys, "target", "time"), levels)
    if fault is not None:
        raise SinkError(f"sink {sink.name!r}: {fault}; nothing was delivered")
    if sink.round is not None:
        for name in ("forecast", *levels):
            index = clean.column_names.index(name)
            clean = clean.set_column(index, name, rounded_to(clean[name].cast(pa.float64()), sink.round))
    return clean


def _file_rows(sink: Sink, rows: pa.Table) -> pa.Table:
    names = _names(sink, rows.column_names)
    columns = [name for name in rows.column_names if name in names]
    return rows.select(columns).rename_columns([names[name] for name in columns])


def _table_rows(sink: Sink, rows: pa.Table, keys: tuple[str, ...], now: datetime) -> SinkRows:
    if not len(rows):
        return SinkRows(rows, {}, (), frozenset())
    names = _names(sink, dict.fromkeys((*rows.column_names, WRITTEN_AT)))
    return SinkRows.of(sink, rows, keys, names, now)


def _names(sink: Sink, columns: Iterable[str]) -> dict[str, str]:
    try:
        return sink.names(columns)
    except ValueError as error:
        raise SinkError(f"{error}; nothing was delivered") from None


def _without_nan(rows: pa.Table) -> pa.Table:
    for index, field in enumerate(rows.schema):
        if pa.types.is_floating(field.type):
            column = rows.column(index)
            nothing = pa.scalar(None, field.type)
            rows = rows.set_column(index, field.name, pc.if_else(pc.is_nan(column), nothing, column))
    return rows


def _write_file(path: Path, current: Callable[[], pa.Table]) -> int:
    """Replaces a file by the rows, and answers their number; without any it is left as it is."""
    try:
        with alone_in(path.resolve().parent):
            rows = current()
            if len(rows):
                atomic_write_bytes(path, _content(path, rows))
            return len(rows)
    except TimeoutError as error:
        raise SinkUnavailableError(f"{path} cannot be written: {error}") from error


def _content(path: Path, rows: pa.Table) -> bytes:
    buffer = pa.BufferOutputStream()
    if path.name.endswith(".parquet"):
        pq.write_table(rows, buffer, compression="zstd")
    else:
        pa_csv.write_csv(_readable_stamps(rows, rows.column_names), buffer)
    content: bytes = buffer.getvalue().to_pybytes()
    return gzip.compress(content, mtime=0) if path.name.endswith(".gz") else content  # equal rows make equal files


def _readable_stamps(rows: pa.Table, names: Sequence[str]) -> pa.Table:
    """Instants as `2024-04-01T00:00:00Z`."""
    for index, name in enumerate(names):
        if pa.types.is_timestamp(rows.schema.field(name).type):
            rows = rows.set_column(index, name, iso_stamps(rows[name], "Z"))
    return rows
