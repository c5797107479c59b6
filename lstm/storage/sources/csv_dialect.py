"""How a CSV is written: its compression, encoding, separator and header, told by its bytes where not given."""

import codecs
import csv
import io
import lzma
from array import array
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa

from lstm.config import Columns, Table
from lstm.data.rows.source_rows import Place
from lstm.errors import ConfigError, EncodingError, SourceError

SEPARATORS = (",", ";", "\t", "|")
csv.field_size_limit(2**31 - 1)  # a cell may be long; Arrow has no limit either
BLOCK = 8 << 20
HEAD_BYTES = 1 << 20

_COMPRESSIONS = {
    b"\x1f\x8b": "gzip",
    b"BZh": "bz2",
    b"\x28\xb5\x2f\xfd": "zstd",
    b"\x04\x22\x4d\x18": "lz4",
    b"\xfd7zXZ\x00": "xz",
}
_OTHER_FILES = {
    b"PK\x03\x04": "a zip archive or an Excel workbook",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook",
    b"%PDF": "a PDF",
    b"SQLite format 3": "a SQLite database, which source.url names (sqlite:///file.db)",
}
_BYTE_ORDER_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}


@dataclass(frozen=True)
class Dialect:
    """How a file is written.

    encoding: of Python; `utf-8-sig` for UTF-8. quoted: rows have quotes, so that a cell may span lines. names: of the
    columns. skip: lines before everything else. header_lines: lines between these and the first row, without comments.
    notes: what was found and is not usual.
    """

    path: Path
    compression: str | None
    encoding: str
    separator: str
    quoted: bool
    names: tuple[str, ...]
    skip: int
    header_lines: int
    comment: str | None
    notes: tuple[str, ...]

    def open(self) -> Any:
        """The bytes without compression."""
        if self.compression == "xz":
            return lzma.open(self.path)
        return pa.input_stream(str(self.path), compression=self.compression)

    def open_rows(self) -> tuple[Any, str, int]:
        """(the bytes without compression and without comment lines, their encoding, lines before the first row)."""
        if self.comment is None:
            return self.open(), self.encoding.removesuffix("-sig"), self.skip + self.header_lines
        return _Uncommented(self), "utf-8", self.header_lines

    def lines(self, errors: str = "replace") -> Iterator[tuple[int, str]]:
        """(number, text with its end) of each line that is no comment. errors: what becomes of bytes that are no text.

        A line within a cell in quotes is no comment.
        """
        inside = False
        with self.open() as file, io.TextIOWrapper(file, self.encoding, errors=errors, newline="") as text:
            for number, line in enumerate(text, 1):
                if number > self.skip and (inside or self.comment is None or not line.startswith(self.comment)):
                    inside = _ends_in_quotes(line, self.separator, inside)
                    yield number, line

    def rows(self, *, strict: bool = False) -> Iterator[tuple[int, list[str]]]:
        """(number of its last line, cells) of each row after the header, slowly; lines without a cell are left out.

        strict: raises csv.Error where a quote is never closed.
        """
        place = [0]

        def numbered() -> Iterator[str]:
            for number, line in islice(self.lines(), self.header_lines, None):
                place[0] = number
                yield line

        for cells in csv.reader(numbered(), delimiter=self.separator, strict=strict):
            if any(cell.strip() for cell in cells) or len(cells) > 1:
                yield place[0], cells

    def place(self, row: int) -> Place:
        """Where a row is, counted from 0 after the header among the rows with the right number of cells."""
        known = row < len(self._line_numbers)
        number = self._line_numbers[row] if known else row + 1
        return Place.at(f"{self.path.name}, {'line' if known else 'row'} {number}", number)

    @cached_property
    def _line_numbers(self) -> "array[int]":
        """Of the rows with the right number of cells; kept, as several are asked for when one is."""
        return array("q", (line for line, cells in self.rows() if len(cells) == len(self.names)))


def _ends_in_quotes(line: str, separator: str, inside: bool) -> bool:
    """Whether a cell in quotes goes on after a line. inside: whether it went on before. A quote opens a cell only."""
    if '"' not in line:
        return inside
    begins = not inside
    for mark in line:
        if inside and mark == '"':
            inside, begins = False, True  # where another follows at once, the cell goes on
        elif not inside:
            inside = begins and mark == '"'
            begins = mark == separator
    return inside


class _Uncommented(io.RawIOBase):
    """The lines of a file that are no comments, as UTF-8. Raises UnicodeDecodeError for bytes that are no text."""

    def __init__(self, dialect: Dialect) -> None:
        self._lines = (line.encode() for _, line in dialect.lines("strict"))
        self._rest = b""

    def readable(self) -> bool:
        """True."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fills the buffer; 0 at the end."""
        while len(self._rest) < len(buffer) and (more := b"".join(islice(self._lines, 1_000))):
            self._rest += more
        part, self._rest = self._rest[: len(buffer)], self._rest[len(buffer) :]
        buffer[: len(part)] = part
        return len(part)


def find_dialect(path: Path, table: Table, expected: Columns) -> Dialect:
    """The dialect of a file: what the settings give, else what its first megabyte tells.

    expected: columns that the header should have; they decide on the separator.
    Raises SourceError for what is no text or has no header, ConfigError for an encoding that is not known.
    """
    compression = _compression(path)
    given = Dialect(path, compression, "utf-8", ",", True, (), table.skip_lines, 0, table.comment, ())
    with given.open() as stream:
        head = stream.read(HEAD_BYTES)
    encoding, by_mark = _encoding(table.encoding, head)
    lines = _lines(path, head, encoding, table)
    skipped, header = _header(path, lines)
    separator, cells = _separated(header, table, expected)
    notes = {
        f"compressed with {compression}": compression is not None,
        f"the encoding is {encoding}, by its byte-order mark": by_mark and encoding != "utf-8-sig",
        f"the separator is {separator!r}": table.separator is None and separator != ",",
    }
    return replace(
        given,
        encoding=encoding,
        separator=separator,
        quoted=compression is not None or _quotes_exceed(path, "".join(header).count('"')),
        names=table.columns or tuple(cell.strip() for cell in cells),
        header_lines=0 if table.columns else skipped + len(header),
        notes=tuple(f"{path.name}: {note}" for note, true in notes.items() if true),
    )


def _compression(path: Path) -> str | None:
    with path.open("rb") as file:
        begin = file.read(16)
    for mark, what in _OTHER_FILES.items():
        if begin.startswith(mark):
            raise SourceError(f"{path} is {what}; export the table as CSV or Parquet")
    return next((name for mark, name in _COMPRESSIONS.items() if begin.startswith(mark)), None)


def _encoding(setting: str | None, head: bytes) -> tuple[str, bool]:
    """(Python's name, whether a byte-order mark told it)."""
    if setting is None:
        by_mark = next((name for mark, name in _BYTE_ORDER_MARKS.items() if head.startswith(mark)), None)
        return by_mark or "utf-8-sig", by_mark is not None
    try:
        codec = codecs.lookup(setting).name
        "".encode(codec)
    except (LookupError, ValueError):
        raise ConfigError(
            f"source.encoding = {setting!r} is not known; 'utf-8', 'cp1252', 'utf-16' are examples"
        ) from None
    return "utf-8-sig" if codec == "utf-8" else codec, False


def _lines(path: Path, head: bytes, encoding: str, table: Table) -> list[str]:
    """The first lines, with their ends, without those that are skipped and without comments."""
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        text = decoder.decode(head)
    except UnicodeDecodeError as error:
        raise EncodingError.of(path, encoding, head[error.start], error.start) from None
    lines = io.StringIO(text, newline="").readlines()[table.skip_lines :]
    return [line for line in lines if table.comment is None or not line.startswith(table.comment)]


def _header(path: Path, lines: list[str]) -> tuple[int, list[str]]:
    """(lines before the header, its lines: more than one where a name in quotes spans lines)."""
    first = next((index for index in range(len(lines)) if lines[index].strip()), None)
    if first is None:
        raise SourceError(f"{path} has no header line; check the export")
    last = first
    while "".join(lines[first : last + 1]).count('"') % 2 == 1 and last + 1 < len(lines):
        last += 1
    return first, lines[first : last + 1]


def _separated(header: list[str], table: Table, expected: Columns) -> tuple[str, list[str]]:
    """(separator, cells): the one that finds most of the columns, then the one that finds most cells."""
    candidates = [table.separator] if table.separator is not None else list(SEPARATORS)
    split = {mark: next(csv.reader(header, delimiter=mark), []) for mark in candidates}
    columns, width = set(expected), len(table.columns)

    def fit(mark: str) -> tuple[bool, int, int]:
        cells = split[mark]
        return len(cells) == width, len(columns & {cell.strip() for cell in cells}), len(cells)

    best = max(split, key=fit)
    return best, split[best]


def _quotes_exceed(path: Path, limit: int) -> bool:
    """Whether a file has more quotes than its header, whose names alone are quoted in some exports."""
    quotes = 0
    with path.open("rb") as file:
        while quotes <= limit and (block := file.read(BLOCK)):
            quotes += block.count(b'"')
    return quotes > limit
