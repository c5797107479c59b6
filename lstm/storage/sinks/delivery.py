"""Delivery: forecasts to a file or to a table outside of the store, whole or not at all, and as often as one likes."""

import gzip
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from lstm.config import Sink
from lstm.config.ledger_columns import level_columns
from lstm.errors import SinkError
from lstm.storage.files.atomic import atomic_write_bytes
from lstm.storage.ledger.row_checks import fault_of
from lstm.storage.sinks.sink_rows import WRITTEN_AT, SinkRows
from lstm.storage.sinks.sink_table import deliver_into_table
from lstm.storage.sql.column_types import iso_stamps


def deliver(
    sink: Sink,
    rows: pa.Table,
    *,
    keys: tuple[str, ...],
    folder: Path,
    url: str | None,
    now: datetime,
    tell: Callable[[str], None] = lambda _: None,
) -> int:
    """Brings forecast rows to a sink, under the names that it has for their columns, and answers their number.

    keys: series key columns; with target and time they name a row. folder: of the pipeline file, where a relative path
    begins. url: of the sink's database, with its secret. now: `written_at` in a table, where the rows have none.
    tell: is told what the table keeps less exactly than we wrote it, as it was declared to.

    A file is replaced whole. A table is made when it is missing; in one that is there, rows are upserted into those
    of its columns that forecasts have, and nothing else is touched. NaN becomes NULL. Raises SinkError when the rows or
    the table do not fit, SinkUnavailableError when the database is away.
    """
    clean = _without_nan(rows)
    key = (*keys, "target", "time")
    fault = fault_of(clean, key, level_columns(clean.column_names))
    if fault is not None:
        raise SinkError(f"sink {sink.name!r}: {fault}; nothing was delivered")
    if sink.path is not None:
        names = _names(sink, clean.column_names)
        columns = [name for name in clean.column_names if name in names]
        _write_file(folder / sink.path, clean.select(columns).rename_columns([names[name] for name in columns]))
    elif sink.table is not None and url is not None:
        names = _names(sink, dict.fromkeys((*clean.column_names, WRITTEN_AT)))
        delivery = SinkRows.of(clean, keys, names, sink.columns, now)
        for note in deliver_into_table(url, sink.table, delivery):
            tell(note)
    return len(clean)


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


def _write_file(path: Path, rows: pa.Table) -> None:
    buffer = pa.BufferOutputStream()
    if path.name.endswith(".parquet"):
        pq.write_table(rows, buffer, compression="zstd")
        content = buffer.getvalue().to_pybytes()
    else:
        pa_csv.write_csv(_readable_stamps(rows, rows.column_names), buffer)
        content = buffer.getvalue().to_pybytes()
        if path.name.endswith(".gz"):
            content = gzip.compress(content, mtime=0)  # equal rows make equal files
    atomic_write_bytes(path, content)


def _readable_stamps(rows: pa.Table, names: Sequence[str]) -> pa.Table:
    """Instants as `2024-04-01T00:00:00Z`."""
    for index, name in enumerate(names):
        if pa.types.is_timestamp(rows.schema.field(name).type):
            rows = rows.set_column(index, name, iso_stamps(rows[name], "Z"))
    return rows
