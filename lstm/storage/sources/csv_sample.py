"""The first and the last rows of a CSV that nothing is known about yet, and the settings that read it."""

import csv
import io
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, pairwise
from pathlib import Path

import pyarrow as pa

from lstm.config import Table
from lstm.data.profiling.marks import guess_marks
from lstm.data.profiling.setting import Setting
from lstm.data.profiling.times import read_as_times
from lstm.data.rows.numbers import numbers_from_text
from lstm.errors import EncodingError, SourceError
from lstm.storage.sources.csv_dialect import SEPARATORS, Dialect, find_dialect

CELLS = 4_000_000
TAIL_BYTES = 1 << 20
LOOKED_AT = 200
COMMENTS = ("#", "//", "%")
# What most files have that are not UTF-8: every byte that Windows writes in Western Europe and America.
OTHER_ENCODING = "cp1252"


@dataclass(frozen=True)
class CsvLook:
    """table: the sampled rows as text. whole: they are all. settings: how the file is written."""

    table: pa.Table
    whole: bool
    settings: tuple[Setting, ...]
    separator: str


def look_at_csv(first: Path, last: Path, limit: int) -> CsvLook:
    """Rows from the beginning of a file and, where it is not compressed, from the end of another (or the same).

    Raises SourceError for a file without rows, or that is no text.
    """
    settings = _encoding(first)
    settings += _preamble([line for _, line in islice(_dialect(first, settings).lines(), LOOKED_AT)])
    settings += _header(_dialect(first, settings))
    dialect = _dialect(first, settings)
    if dialect.separator != ",":
        settings.insert(0, Setting("separator", dialect.separator, "between columns"))
    names = dialect.names
    lines = _right(dialect.rows(), len(names))
    rows = list(islice(lines, min(limit, CELLS // len(names))))
    whole = next(lines, None) is None and first == last
    if not rows:
        raise SourceError(f"{first} has no rows, only a header; check the export")
    if not whole:
        rows += _right(enumerate(_tail(last, dialect)), len(names))
    repeated = next((name for name in names if name and names.count(name) > 1), None)
    if repeated is not None:
        raise SourceError(f"{first} has {names.count(repeated)} columns named {repeated!r}; rename all but one")
    columns = zip(*rows, strict=True)
    table = {name: pa.array(cells, pa.string()) for name, cells in zip(names, columns, strict=True) if name}
    return CsvLook(pa.table(table), whole, tuple(settings), dialect.separator)


def _dialect(path: Path, settings: Sequence[Setting]) -> Dialect:
    table = {"path": path.name} | {setting.name: setting.value for setting in settings}
    return find_dialect(path, Table.model_validate(table), ())


def _right(rows: Iterator[tuple[int, list[str]]], width: int) -> Iterator[list[str]]:
    """Rows with the right number of cells."""
    return (cells for _, cells in rows if len(cells) == width)


def _encoding(path: Path) -> list[Setting]:
    """The setting of an encoding, where the file is not UTF-8 and has no mark that tells."""
    try:
        _dialect(path, [])
    except EncodingError as error:
        if error.encoding != "utf-8":
            raise
        return [Setting("encoding", OTHER_ENCODING, "the bytes are not UTF-8; look at accents and umlauts")]
    return []


def _preamble(lines: list[str]) -> list[Setting]:
    """Comment lines, and lines of a title, before the header."""
    settings = []
    comment = next((mark for mark in COMMENTS if lines and lines[0].startswith(mark)), None)
    if comment is not None and sum(line.startswith(comment) for line in lines) < len(lines) - 1:
        settings.append(Setting("comment", comment, "lines that begin so are left out"))
        lines = [line for line in lines if not line.startswith(comment)]
    widths = _widths(lines)
    usual, often = Counter(width for width in widths if width > 1).most_common(1)[0] if max(widths) > 1 else (0, 0)
    header = widths.index(usual) if often > len(widths) // 2 else 0
    if header:
        settings.append(Setting("skip_lines", header, f"before the header, as {lines[0].strip()[:40]!r}"))
    return settings


def _widths(lines: Sequence[str]) -> list[int]:
    """Cells of each line, by the separator that cuts most lines into the same number of them, more than one."""

    def cut(mark: str) -> list[int]:
        return [len(next(csv.reader([line], delimiter=mark), [])) for line in lines]

    def agreement(widths: list[int]) -> int:
        return max((count for width, count in Counter(widths).items() if width > 1), default=0)

    return max((cut(mark) for mark in SEPARATORS), key=agreement)


def _header(dialect: Dialect) -> list[Setting]:
    """The setting that names the columns, where the file has no header line."""
    rest = list(_right(islice(dialect.rows(), LOOKED_AT), len(dialect.names)))
    if not rest or not _is_data(dialect.names, rest):
        return []
    names = tuple(f"column_{number}" for number in range(1, len(dialect.names) + 1))
    return [Setting("columns", names, "the file has no header line; give the columns better names")]


def _is_data(first: Sequence[str], rest: list[list[str]]) -> bool:
    """True where the first row has a number or a time above such, and is no row of years or steps."""
    columns = [pa.chunked_array([pa.array(cells, pa.string())]) for cells in zip(*rest, strict=True)]
    marks = guess_marks({str(index): column for index, column in enumerate(columns)})

    def is_number(texts: pa.Array) -> bool:
        values, bad = numbers_from_text(texts, marks.decimal, marks.thousands)
        return values.null_count < len(values) and float(bad.mean()) < 0.5

    cells = [pa.array([cell], pa.string()) for cell in first]
    numeric = [
        is_number(cell) and is_number(column.combine_chunks()) for cell, column in zip(cells, columns, strict=True)
    ]
    if any(numeric):
        whole = [int(cell) for cell, number in zip(first, numeric, strict=True) if number and cell.strip().isdigit()]
        return len(whole) < 3 or any(after - before != 1 for before, after in pairwise(whole))
    return any(
        read_as_times(pa.chunked_array([cell])) is not None and read_as_times(column) is not None
        for cell, column in zip(cells, columns, strict=True)
    )


def _tail(path: Path, dialect: Dialect) -> Iterator[list[str]]:
    """Rows of the last megabyte of a file whose end can be reached, and cut anywhere; the first one may be torn."""
    if dialect.compression is not None or dialect.encoding.startswith(("utf-16", "utf-32")):
        return
    with path.open("rb") as file:
        file.seek(max(path.stat().st_size - TAIL_BYTES, 0))
        text = io.TextIOWrapper(io.BytesIO(file.read()), dialect.encoding, errors="replace", newline="")
    lines = (line for line in text if dialect.comment is None or not line.startswith(dialect.comment))
    yield from islice(csv.reader((line.replace("\0", "") for line in lines), delimiter=dialect.separator), 1, None)
