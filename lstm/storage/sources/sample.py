"""The first rows of a table that nothing is known about yet: a file, several, or a table of a database."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import sqlalchemy as sa

from lstm.config import Pipeline, secret
from lstm.config.secrets import refuse_password
from lstm.data.profiling.profile import Sample
from lstm.data.profiling.setting import Setting
from lstm.data.rows.source_rows import SourceRows
from lstm.errors import ConfigError, SourceError
from lstm.storage.sources.csv_sample import look_at_csv
from lstm.storage.sources.databases.sql import FAULTS
from lstm.storage.sources.json_lines import first_rows, is_json
from lstm.storage.sources.panel_source import Blocks
from lstm.storage.sources.parquet import is_parquet
from lstm.storage.sources.plain_columns import is_text, plain
from lstm.storage.sources.read import matching_files, read_source
from lstm.storage.sql.connections import connect, read_only
from lstm.storage.sql.table_names import find_table
from lstm.storage.sql.url import beside, parse_url, sqlite_file

ROWS = 100_000


@dataclass(frozen=True)
class Home:
    """Where the pipeline file will lie, and where the command was typed: relative paths begin at either."""

    folder: Path
    here: Path

    def path_text(self, path: Path) -> str:
        """A path as the pipeline file writes it: relative where it lies beside the file or below."""
        whole = (self.here / path).absolute()
        below = whole.is_relative_to(self.folder.absolute())
        return (whole.relative_to(self.folder.absolute()) if below else whole).as_posix()


def whole_table(pipeline: Pipeline, folder: Path, *, blocks: Blocks | None = None) -> SourceRows:
    """All rows of a pipeline's source, as a run would read them. folder: of the pipeline file."""
    source = pipeline.source
    url = None if source.url is None else beside(secret(source.url, blocks=blocks), folder)
    return read_source(source, source.roles, folder=folder, url=url, binds={}, bad_rows=source.bad_rows)


def is_database(source: str) -> bool:
    """True for a URL, and for what names a variable or a block with one."""
    return "://" in source or source.startswith(("env:", "block:"))


def look_at_files(pattern: str, home: Home) -> Sample:
    """Rows of the files that a path or pattern names: the first ones of the first file, the last ones of the last.

    Raises SourceError for files that are not there, empty or unreadable.
    """
    files = matching_files(pattern, home.here)
    if not files:
        raise SourceError(
            f"there is no file {pattern}; give the path of a file of CSV, JSON lines or Parquet, a pattern, or a URL"
        )
    first, last = files[0], files[-1]
    several = f"{len(files):,} files, read as one table" if len(files) > 1 else ""
    path = Setting("path", home.path_text(Path(pattern)), several)
    try:
        if any(file.stat().st_size == 0 for file in (first, last)):
            raise SourceError(f"{first if not first.stat().st_size else last} is empty (0 bytes); bring it again")
        if is_parquet(first):
            table, whole = _parquet(first)
            return Sample(table, name_of(pattern), whole and len(files) == 1, (path,))
        if is_json(first):
            table, whole = first_rows(first, ROWS)
            return Sample(plain_table(table), name_of(pattern), whole and len(files) == 1, (path,))
        look = look_at_csv(first, last, ROWS)
    except OSError as error:
        raise SourceError(f"{first} cannot be read: {error.strerror or error}") from error
    except (pa.ArrowException, UnicodeError) as error:
        raise SourceError(f"{first} cannot be read: {error}") from error
    whole = look.whole and len(files) == 1
    return Sample(look.table, name_of(pattern), whole, (path, *look.settings), look.separator)


def name_of(pattern: str) -> str:
    """What a file is called without folders and endings; its folder where the name is only a pattern."""
    path = Path(pattern)
    stem = path.name.split(".")[0].strip("*?-_ ")
    return stem or path.parent.name.strip("*?-_ ") or "pipeline"


def _parquet(path: Path) -> tuple[pa.Table, bool]:
    """(the first rows, and the first ones of the last row group; whether that is all)."""
    with pq.ParquetFile(path) as file:
        batches = [next(file.iter_batches(ROWS), None)]
        last = file.num_row_groups - 1
        before = file.metadata.num_rows - file.metadata.row_group(last).num_rows if last >= 0 else 0
        if before >= ROWS:  # else rows of the last group are among the first ones
            batches.append(next(file.iter_batches(ROWS // 10, row_groups=[last]), None))
        table = pa.Table.from_batches([batch for batch in batches if batch is not None], file.schema_arrow)
        return plain_table(table), file.metadata.num_rows <= ROWS


def plain_table(table: pa.Table) -> pa.Table:
    """The columns that can have a role: text, numbers, booleans, dates and stamps in microseconds.

    Raises SourceError where no row is left.
    """
    columns = {}
    for name in dict.fromkeys(table.column_names):
        if table.column_names.count(name) == 1 and (column := _usable(table[name])) is not None:
            columns[name] = column
    if not len(table):
        raise SourceError("the table has no rows")
    return pa.table(columns)


def _usable(column: pa.ChunkedArray) -> pa.ChunkedArray | None:
    try:
        column = plain(column, "")
    except SourceError:
        return None
    kind = column.type
    if is_text(kind) or pa.types.is_null(kind):
        return column.cast(pa.string())
    if pa.types.is_timestamp(kind):
        return column.cast(pa.timestamp("us", tz=kind.tz), safe=False)
    if pa.types.is_date(kind):
        return column.cast(pa.date32())
    if pa.types.is_decimal(kind):
        return column.cast(pa.float64(), safe=False)
    usable = pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_boolean(kind)
    return column if usable else None


def look_at_database(source: str, table: str | None, home: Home, *, blocks: Blocks | None = None) -> Sample:
    """The first rows of a table.

    Raises ConfigError for a URL with a password, which belongs into a variable, SourceError for a table that is not
    there or has no rows, and SourceUnavailableError where the database does not answer.
    """
    try:
        refuse_password(source)
    except ValueError as error:
        raise ConfigError(f"the URL {error}") from None
    named = source.startswith(("env:", "block:"))
    url = beside(secret(source, blocks=blocks), home.folder if named else home.here)
    file = sqlite_file(parse_url(url))
    if file is not None and not file.exists():
        raise SourceError(f"the SQLite database {file} does not exist")
    engine = connect(url, FAULTS)
    try:
        with read_only(engine, FAULTS) as connection:
            if table is None:
                raise ConfigError(f"a database needs --table; it has {_tables(connection)}")
            rows, whole = _first_rows(connection, table)
    finally:
        engine.dispose()
    written = source if named or file is None else f"sqlite:///{home.path_text(file)}"
    place = (Setting("url", written, "the variable holds the URL" if named else ""), Setting("table", table, ""))
    return Sample(rows, table.rpartition(".")[2].strip('"`'), whole, place)


def _tables(connection: sa.Connection) -> str:
    inspector = sa.inspect(connection)
    return ", ".join(sorted(inspector.get_table_names() + inspector.get_view_names())[:20]) or "no tables"


def _first_rows(connection: sa.Connection, name: str) -> tuple[pa.Table, bool]:
    table = find_table(connection, name)
    columns: list[sa.ColumnClause[Any]] = [sa.column(column) for column in table.columns]
    statement = sa.select(*columns).select_from(sa.table(table.name, *columns, schema=table.schema)).limit(ROWS + 1)
    rows = connection.execute(statement).fetchall()
    if not rows:
        raise SourceError(f"table {name} has no rows")
    cells = zip(*rows[:ROWS], strict=True)
    arrays = {column: _array(values) for column, values in zip(table.columns, cells, strict=True)}
    return plain_table(pa.table(arrays)), len(rows) <= ROWS


def _array(values: tuple[Any, ...]) -> pa.Array:
    """Values of one kind in its type, of several kinds as text."""
    try:
        return pa.array(values)
    except (pa.ArrowException, OverflowError):
        return pa.array([None if value is None else str(value) for value in values], pa.string())
