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
from lstm.data.columns import numbers_from_text
from lstm.data.guess import Setting
from lstm.data.guess_marks import guess_marks
from lstm.data.guess_times import read_as_times
from lstm.errors import SourceError
from lstm.storage.csv_dialect import Dialect, find_dialect

CELLS = 4_000_000
TAIL_BYTES = 1 << 20
LOOKED_AT = 200
COMMENTS = ("#", "//", "%", ";")

Rows = list[list[str]]


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
    place = Table(path=first.name)
    dialect = find_dialect(first, place, ())
    preamble = _preamble(dialect)
    if preamble:
        place = Table.model_validate({"path": first.name} | {one.name: one.value for one in preamble})
        dialect = find_dialect(first, place, ())
    lines = _records(dialect, place, dialect.open())
    head = list(islice(lines, LOOKED_AT))
    if not head:
        raise SourceError(f"{first} has no rows")
    names, header = _names(head)
    head += islice(lines, max(min(limit, CELLS // len(names)) - len(head), 0))
    whole = next(lines, None) is None and first == last
    body = head if header else head[1:]
    rows = [cells for cells in body if len(cells) == len(names)]
    if not rows:
        raise SourceError(f"{first} has no rows, only a header; check the export")
    if not whole:
        rows += [cells for cells in _tail(last, dialect, place) if len(cells) == len(names)]
    settings = (*_marks(dialect), *preamble, *header)
    unique = [index for index, name in enumerate(names) if names.count(name) == 1 and name.strip()]
    columns = list(zip(*rows, strict=True))
    table = pa.table({names[index]: pa.array(columns[index], pa.string()) for index in unique})
    return CsvLook(table, whole, settings, dialect.separator)


def _marks(dialect: Dialect) -> Iterator[Setting]:
    if dialect.separator != ",":
        yield Setting("separator", dialect.separator, "between columns")
    if dialect.encoding not in ("utf-8", "utf-8-sig", "ascii"):
        yield Setting("encoding", dialect.encoding, "the bytes are not UTF-8")


def _text(dialect: Dialect, file: io.IOBase) -> io.TextIOWrapper:
    return io.TextIOWrapper(file, dialect.encoding, errors="replace", newline="")  # type: ignore[type-var]


def _records(dialect: Dialect, place: Table, file: io.IOBase, *, skip: int | None = None) -> Iterator[list[str]]:
    """Rows with any cell, without the lines that are left out."""
    skip = place.skip_lines if skip is None else skip
    with file, _text(dialect, file) as text:
        lines = (line for line in islice(text, skip, None) if not _is_comment(line, place.comment))
        try:
            for cells in csv.reader((line.replace("\0", "") for line in lines), delimiter=dialect.separator):
                if any(cell.strip() for cell in cells):
                    yield cells
        except csv.Error as error:
            raise SourceError(f"{dialect.path} cannot be read as a CSV: {error}") from None


def _is_comment(line: str, mark: str | None) -> bool:
    return mark is not None and line.startswith(mark)


def _preamble(dialect: Dialect) -> list[Setting]:
    """Comment lines and lines of a title before the header."""
    with dialect.open() as file, _text(dialect, file) as text:
        lines = list(islice(text, LOOKED_AT))
    settings = []
    comment = next((mark for mark in COMMENTS if lines and lines[0].startswith(mark)), None)
    if comment is not None and comment != dialect.separator and len(comment) < len(lines[0].strip()):
        settings.append(Setting("comment", comment, "lines that begin so are left out"))
        lines = [line for line in lines if not line.startswith(comment)]
    widths = [len(next(csv.reader([line], delimiter=_separator(lines)), [])) for line in lines]
    usual = Counter(width for width in widths if width > 1).most_common(1)
    skipped = next((index for index, width in enumerate(widths) if usual and width == usual[0][0]), 0)
    if skipped and usual[0][1] > len(widths) // 2:
        title = lines[0].strip()
        settings.append(Setting("skip_lines", skipped, f"before the header: {title[:40]}"))
    return settings


def _separator(lines: Sequence[str]) -> str:
    """The separator that cuts most lines into the same number of cells, more than one."""

    def agreement(mark: str) -> tuple[int, int]:
        counts = Counter(len(next(csv.reader([line], delimiter=mark), [])) for line in lines)
        width, lines_of_it = max(counts.items(), key=lambda item: (item[0] > 1, item[1]))
        return (lines_of_it if width > 1 else 0), width

    return max((",", ";", "\t", "|"), key=agreement)


def _names(head: Rows) -> tuple[list[str], list[Setting]]:
    """(names of the columns, the setting that names them where the file has no header line)."""
    first, rest = head[0], [cells for cells in head[1:] if len(cells) == len(head[0])]
    if not rest or not _is_data(first, rest):
        return first, []
    names = [f"column_{number}" for number in range(1, len(first) + 1)]
    return names, [Setting("columns", tuple(names), "the file has no header line; give the columns better names")]


def _is_data(first: list[str], rest: Rows) -> bool:
    """True where the first row has a number or a time in a column of such, and is no row of years or steps."""
    columns = [pa.chunked_array([pa.array(cells, pa.string())]) for cells in zip(*rest, strict=True)]
    marks = guess_marks({str(index): column for index, column in enumerate(columns)})
    cells = [pa.array([cell], pa.string()) for cell in first]
    numeric = [
        cell for cell, column in zip(cells, columns, strict=True)
        if _is_number(cell, marks.decimal, marks.thousands)
        and _is_number(column.combine_chunks(), marks.decimal, marks.thousands)
    ]  # fmt: skip
    times = [
        cell for cell, column in zip(cells, columns, strict=True)
        if read_as_times(pa.chunked_array([cell])) is not None and read_as_times(column) is not None
    ]  # fmt: skip
    steps = [int(cell[0].as_py()) for cell in numeric if cell[0].as_py().strip().isdigit()]
    is_row_of_steps = len(steps) > 2 and all(after - before == 1 for before, after in pairwise(steps))
    return bool(times or numeric) and not is_row_of_steps


def _is_number(texts: pa.Array, decimal: str, thousands: str | None) -> bool:
    values, bad = numbers_from_text(texts, decimal, thousands)
    return values.null_count < len(values) and float(bad.mean()) < 0.5


def _tail(path: Path, dialect: Dialect, place: Table) -> Iterator[list[str]]:
    """Rows of the last megabyte of a file whose end can be reached and cut anywhere."""
    if dialect.compression is not None or dialect.encoding.startswith(("utf-16", "utf-32")):
        return
    with path.open("rb") as file:
        size = path.stat().st_size
        file.seek(max(size - TAIL_BYTES, 0))
        content = file.read()
    yield from islice(_records(dialect, place, io.BytesIO(content), skip=0), 1, None)
