"""The first and the last rows of a CSV that nothing is known about yet, and the settings that read it."""

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, pairwise
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from lstm.config import Table
from lstm.data.profiling.marks import GuessedMarks, guess_marks
from lstm.data.profiling.setting import Setting
from lstm.data.profiling.times import read_as_times
from lstm.data.rows.numbers import NULL_TEXTS, numbers_from_text
from lstm.errors import EncodingError, SourceError
from lstm.storage.sources.csv_dialect import BLOCK, SEPARATORS, Dialect, find_dialect

CELLS = 4_000_000
TAIL_BYTES = 1 << 20
LOOKED_AT = 200
COMMENTS = ("#", "//", "%")
# What most files have that are not UTF-8: every byte that Windows writes in Western Europe and America.
OTHER_ENCODING = "cp1252"
_YEAR = re.compile(r"(1[89]|2[01])\d\d$")


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
    lines = ((line, cells) for line, cells in dialect.rows() if len(cells) == len(names))
    head = list(islice(lines, min(limit, CELLS // len(names))))
    rows = [cells for _, cells in head]
    whole = next(lines, None) is None and first == last
    if not rows:
        raise SourceError(f"{first} has no rows, only a header; check the export")
    if not whole:
        tail, whole = _tail(last, dialect, after=head[-1][0] if first == last else 0)
        rows += (cells for cells in tail if len(cells) == len(names))
    repeated = next((name for name in names if name and names.count(name) > 1), None)
    if repeated is not None:
        raise SourceError(f"{first} has {names.count(repeated)} columns named {repeated!r}; rename all but one")
    columns = zip(*rows, strict=True)
    table = {name: pa.array(cells, pa.string()) for name, cells in zip(names, columns, strict=True) if name}
    return CsvLook(pa.table(table), whole, tuple(settings), dialect.separator)


def _dialect(path: Path, settings: Sequence[Setting]) -> Dialect:
    table = {"path": path.name} | {setting.name: setting.value for setting in settings}
    return find_dialect(path, Table.model_validate(table), ())


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
    width = len(dialect.names)
    rest = [cells for _, cells in islice(dialect.rows(), LOOKED_AT) if len(cells) == width]
    if not rest or not _is_data(dialect.names, rest):
        return []
    names = tuple(f"column_{number}" for number in range(1, width + 1))
    return [Setting("columns", names, "the file has no header line; give the columns better names")]


def _is_data(first: Sequence[str], rest: list[list[str]]) -> bool:
    """True where the first row is like those below: a time above times, or numbers above all columns of numbers.

    Years and dates above other numbers, and steps that count up, name their columns; so do words such as `no` or `inf`.
    """
    columns = [pa.chunked_array([pa.array(cells, pa.string())]) for cells in zip(*rest, strict=True)]
    marks = guess_marks({str(index): column for index, column in enumerate(columns)})
    above = list(zip(first, columns, strict=True))
    times = [_is_time(cell) for cell, column in above if read_as_times(column) is not None]
    if times:
        return any(times)
    cells = [cell.strip() for cell, column in above if _are_numbers(column, marks)]
    numbers = [cell for cell in cells if _is_number(cell, marks)]
    if not numbers or any(cell not in NULL_TEXTS and cell not in numbers for cell in cells):
        return False
    whole = [int(cell) for cell in numbers if cell.isdigit()]
    if len(whole) >= 3 and all(later - earlier == 1 for earlier, later in pairwise(whole)):
        return False
    below = [column for cell, column in above if cell.strip() in numbers]
    named = all(_YEAR.match(cell) for cell in numbers)
    return not named or any(_YEAR.match(text.strip()) for column in below for text in column.to_pylist())


def _is_time(cell: str) -> bool:
    return read_as_times(pa.chunked_array([pa.array([cell], pa.string())])) is not None


def _are_numbers(column: pa.ChunkedArray, marks: GuessedMarks) -> bool:
    """True for digits mostly; a column of yes and no says nothing of its name."""
    texts = column.combine_chunks()
    _, bad = numbers_from_text(texts, marks.decimal, marks.thousands)
    return bool(pc.any(pc.match_substring_regex(texts, r"\d")).as_py()) and float(bad.mean()) < 0.5


def _is_number(cell: str, marks: GuessedMarks) -> bool:
    """True for digits; a word for yes, no or infinity is a name."""
    values, _ = numbers_from_text(pa.array([cell]), marks.decimal, marks.thousands)
    return values.null_count == 0 and any(letter.isdigit() for letter in cell)


def _tail(path: Path, dialect: Dialect, *, after: int) -> tuple[Iterator[list[str]], bool]:
    """(rows of the last megabyte of a file, none of them up to a line; whether these are all after that line).

    after: number of a line that ends a row; 0 where nothing of the file is known yet. The first row may be torn. There
    are none of a file whose end cannot be reached, or whose lines end in another way.
    """
    if dialect.compression is not None or dialect.encoding.startswith(("utf-16", "utf-32")):
        return iter(()), False
    begin = _end_of_line(path, after)
    if begin is None:
        return iter(()), False
    with path.open("rb") as file:
        start = file.seek(max(path.stat().st_size - TAIL_BYTES, begin))
        text = io.TextIOWrapper(io.BytesIO(file.read()), dialect.encoding, errors="replace", newline="")
    lines = (line for line in text if dialect.comment is None or not line.startswith(dialect.comment))
    rows = csv.reader((line.replace("\0", "") for line in lines), delimiter=dialect.separator)
    follows = after > 0 and start == begin
    return islice(rows, 0 if follows else 1, None), follows


def _end_of_line(path: Path, line: int) -> int | None:
    """The offset after a line, counted from 1; None where the file has not so many line feeds."""
    offset = 0
    with path.open("rb") as file:
        while line and (block := file.read(BLOCK)):
            feeds = block.count(b"\n")
            if feeds >= line:
                place = -1
                for _ in range(line):
                    place = block.index(b"\n", place + 1)
                return offset + place + 1
            line -= feeds
            offset += len(block)
    return None if line else offset
