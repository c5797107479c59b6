"""Sources: the observations of a pipeline as one Arrow table, from CSV, Parquet or any database."""

import glob
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa

from lstm.config import Roles, Table
from lstm.data.bad_rows import Policy
from lstm.data.source_rows import SourceRows
from lstm.errors import SourceError
from lstm.storage.columns import joined, settled
from lstm.storage.csv_source import read_csv
from lstm.storage.left_out import summed
from lstm.storage.parquet_source import is_parquet, read_parquet
from lstm.storage.sql_source import read_database

__all__ = ["read_source"]


@dataclass
class _Notes:
    """How the source was understood. blank_rows: rows without any value, which are left out."""

    blank_rows: int = 0
    sentences: list[str] = field(default_factory=list)


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
    notes = _Notes()
    files = [_read_file(path, source, roles, notes, bad_rows) for path in _matching(source.path or "", folder)]
    table = settled(joined([file.table for file in files]), roles, source)
    if not len(table):
        raise SourceError(f"{source.path} has no rows, only a header; check the export")
    set_aside = tuple(summed(one for file in files for one in file.set_aside))
    return SourceRows(table, blank=notes.blank_rows, set_aside=set_aside, notes=tuple(notes.sentences))


def _matching(path: str, folder: Path) -> list[Path]:
    """Files that a path or pattern names, sorted."""
    literal = folder / path
    if literal.is_file():
        return [literal]
    if literal.is_dir():
        raise SourceError(f"{literal} is a folder; give a pattern such as path = {path.rstrip('/') + '/*.csv'!r}")
    found = [folder / name for name in sorted(glob.glob(path, root_dir=folder, recursive=True))]
    files = [file for file in found if file.is_file()]
    if not files:
        raise SourceError(f"no file matches path = {path!r} in {folder}; relative paths start at the pipeline file")
    return files


def _read_file(path: Path, source: Table, roles: Roles, notes: _Notes, policy: Policy) -> SourceRows:
    try:
        if path.stat().st_size == 0:
            raise SourceError(f"{path} is empty (0 bytes); the export has failed, bring it again")
        if is_parquet(path):
            return read_parquet(path, source, roles, policy)
        table, blank, sentence = read_csv(path, source, roles)
    except OSError as error:
        raise SourceError(f"{path} cannot be read: {error.strerror or error}") from error
    except (pa.ArrowException, UnicodeError) as error:
        raise SourceError(f"{path} cannot be read: {error}") from error
    notes.blank_rows += blank
    notes.sentences += [sentence] if sentence else []
    notes.sentences += [f"{path.name}: {blank:,} rows without any value were left out"] if blank else []
    return SourceRows(table)
