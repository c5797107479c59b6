"""Parquet files as a source."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from lstm.config import Roles
from lstm.storage.columns import refuse_missing, typed

MAGIC = b"PAR1"


def is_parquet(path: Path) -> bool:
    """By its first bytes, not its name."""
    with path.open("rb") as file:
        return file.read(4) == MAGIC


def read_parquet(path: Path, roles: Roles, decimal: str) -> pa.Table:
    """The source's columns of one file, typed by their roles. Raises SourceError for a missing column."""
    there = pq.read_schema(path)
    refuse_missing(roles, there.names, str(path))
    text = [name for name in (*roles.series, *roles.times) if pa.types.is_string(there.field(name).type)]
    table = pq.ParquetFile(path, read_dictionary=text).read(columns=list(roles.columns))
    return typed(table, roles, decimal, str(path), lambda row: f"row {row + 1}")
