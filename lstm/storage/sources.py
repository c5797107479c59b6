"""Sources: the observations of a pipeline as one Arrow table, from CSV, Parquet or any database."""

import glob
import json
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa

from lstm.config import Source
from lstm.errors import SourceError
from lstm.storage.csv_source import read_csv
from lstm.storage.parquet_source import is_parquet, read_parquet
from lstm.storage.sql_source import read_database

__all__ = ["read_source"]


@dataclass
class _Notes:
    """How the source was understood. blank_rows: rows without any value, which are left out."""

    blank_rows: int = 0
    sentences: list[str] = field(default_factory=list)


def read_source(source: Source, *, folder: Path, url: str | None, binds: dict[str, object]) -> pa.Table:
    """The columns `source.columns()`, in that order, with all rows.

    Series keys are text (dictionary-encoded where that is smaller) or int64; the time is text, date32,
    timestamp[us], timestamp[us, UTC] or int64; targets, past and future covariates are float64, null where missing;
    static covariates are text or float64. The schema's metadata has notes under `nightcast`.
    folder: of the pipeline file. url: of the database, with its secrets. binds: values of `:as_of`, `:horizon_end`.
    Raises SourceError that names the file or table, and SourceUnavailableError where the database does not answer; no
    password is in either.
    """
    if url is not None:
        return read_database(source, url, binds)
    notes = _Notes()
    tables = [_read_file(path, source, notes) for path in _matching(source.path or "", folder)]
    table = _joined(tables, source)
    if not len(table):
        raise SourceError(f"{source.path} has no rows, only a header; check the export")
    about = {"blank_rows": notes.blank_rows, "notes": notes.sentences}
    return table.replace_schema_metadata({"nightcast": json.dumps(about)})


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


def _read_file(path: Path, source: Source, notes: _Notes) -> pa.Table:
    try:
        if path.stat().st_size == 0:
            raise SourceError(f"{path} is empty (0 bytes); the export has failed, bring it again")
        if is_parquet(path):
            return read_parquet(path, source)
        table, blank, sentence = read_csv(path, source)
    except OSError as error:
        raise SourceError(f"{path} cannot be read: {error.strerror or error}") from error
    except (pa.ArrowException, UnicodeError) as error:
        raise SourceError(f"{path} cannot be read: {error}") from error
    notes.blank_rows += blank
    notes.sentences += [sentence] if sentence else []
    notes.sentences += [f"{path.name}: {blank:,} rows without any value were left out"] if blank else []
    return table


def _joined(tables: list[pa.Table], source: Source) -> pa.Table:
    first = tables[0].schema
    for table in tables[1:]:
        for name in source.columns():
            own, other = first.field(name).type, table.schema.field(name).type
            if own != other:
                raise SourceError(
                    f"column {name!r} is {own} in one file of {source.path} and {other} in another; write the files "
                    "with one type"
                )
    return pa.concat_tables([table.cast(first) for table in tables])
