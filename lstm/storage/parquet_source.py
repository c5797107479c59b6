"""Parquet files as a source."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from lstm.config import Source
from lstm.storage.columns import refuse_missing, typed

MAGIC = b"PAR1"


def is_parquet(path: Path) -> bool:
    """By its first bytes, not its name."""
    with path.open("rb") as file:
        return file.read(4) == MAGIC


def read_parquet(path: Path, source: Source) -> pa.Table:
    """The source's columns of one file, typed by their roles. Raises SourceError for a missing column."""
    there = pq.read_schema(path)
    refuse_missing(source, there.names, str(path))
    text = [name for name in (*source.series, source.time) if pa.types.is_string(there.field(name).type)]
    table = pq.ParquetFile(path, read_dictionary=text).read(columns=list(source.columns()))
    return typed(table, source, str(path), lambda row: f"row {row + 1}")
