"""Sources: the observations of a pipeline as one Arrow table, from CSV, JSON lines, Parquet or any database."""

import glob
from collections.abc import Callable
from dataclasses import replace
from lzma import LZMAError
from pathlib import Path

import numpy as np
import pyarrow as pa

from lstm.config import Roles, Table
from lstm.data.rows.bad_rows import Policy
from lstm.data.rows.source_rows import SourceRows, summed
from lstm.errors import SourceError, SourceUnavailableError
from lstm.storage.files.faults import passes
from lstm.storage.sources.csv_reader import read_csv
from lstm.storage.sources.databases.sql import read_database
from lstm.storage.sources.json_lines import is_json, read_json_lines
from lstm.storage.sources.parquet import is_parquet, read_parquet
from lstm.storage.sources.row_parts import RowParts
from lstm.storage.sources.typed_columns import joined

__all__ = ["matching_files", "read_source"]


def read_source(
    source: Table,
    roles: Roles,
    *,
    folder: Path,
    url: str | None,
    binds: dict[str, object],
    bad_rows: Policy = "error",
) -> SourceRows:
    """All rows of a table.

    folder: of the pipeline file. url: of the database, with its secrets. binds: values of `:as_of`, `:horizon_end`.
    Raises SourceError that names the file or table, and SourceUnavailableError where the database does not answer; no
    password is in either.
    """
    if url is not None:
        return read_database(source, roles, url, binds, bad_rows)
    paths = matching_files(source.path or "", folder)
    if not paths:
        raise SourceError(
            f"no file matches path = {source.path!r} in {folder}; relative paths start at the pipeline file"
        )
    parts, files, lengths = RowParts(), [], []
    for path in paths:
        read = _read_file(path, source, roles, bad_rows)
        parts.add_laid_aside(read.table)
        lengths.append(len(read.table))
        files.append(replace(read, table=read.table.slice(0, 0)))
    table = joined(parts.tables())
    if not len(table):
        raise SourceError(_nothing_left(source, files))
    ends = np.cumsum(lengths)
    places = [file.place for file in files]
    return SourceRows(
        table,
        place=lambda row: _place(row, ends, places),
        blank=sum(file.blank for file in files),
        set_aside=tuple(summed(aside for file in files for aside in file.set_aside)),
        notes=tuple(note for file in files for note in file.notes),
    )


def _nothing_left(source: Table, files: list[SourceRows]) -> str:
    blank, aside = sum(file.blank for file in files), sum(rows.rows for file in files for rows in file.set_aside)
    if not blank and not aside:
        return f"{source.path} has no rows, only a header; check the export"
    return f"{source.path} has no row that can be used: {blank:,} are blank, {aside:,} were set aside; check the export"


def _place(row: int, ends: np.ndarray, places: list[Callable[[int], str]]) -> str:
    """Where a row of all files is. ends: number of rows up to the end of each file."""
    file = int(np.searchsorted(ends, row, side="right"))
    return places[file](row - (int(ends[file - 1]) if file else 0))


def matching_files(path: str, folder: Path) -> list[Path]:
    """Files that a path or pattern names, sorted; none where nothing matches. Raises SourceError for a folder."""
    literal = folder / path
    if literal.is_file():
        return [literal]
    if literal.is_dir():
        raise SourceError(f"{literal} is a folder; give a pattern such as path = {path.rstrip('/') + '/*.csv'!r}")
    matches = [folder / name for name in sorted(glob.glob(path, root_dir=folder, recursive=True))]
    return [file for file in matches if file.is_file()]


def _read_file(path: Path, source: Table, roles: Roles, policy: Policy) -> SourceRows:
    try:
        if path.stat().st_size == 0:
            raise SourceError(f"{path} is empty (0 bytes); the export has failed, bring it again")
        read = read_parquet if is_parquet(path) else read_json_lines if is_json(path) else read_csv
        return read(path, source, roles, policy)
    except OSError as error:
        kind = SourceUnavailableError if passes(error, without_number=False) else SourceError
        raise kind(f"{path} cannot be read: {error.strerror or error}") from error
    except (pa.ArrowException, UnicodeError, EOFError, LZMAError) as error:
        raise SourceError(f"{path} cannot be read: {error}") from error
