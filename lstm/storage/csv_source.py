"""CSV files as a source: in any separator and encoding, gzipped or not; what they are is told by their bytes."""

import codecs
import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv

from lstm.config import Roles, Table
from lstm.data.bad_rows import BadRows
from lstm.data.columns import NULL_TEXTS
from lstm.errors import SourceError
from lstm.storage.columns import KEY_TEXT, refuse_missing, typed

SEPARATORS = (",", ";", "\t", "|")
GZIP = b"\x1f\x8b"
BLOCK = 8 << 20
HEADER_BYTES = 1 << 20


@dataclass(frozen=True)
class _Dialect:
    """How a file is written. quoted: a quote occurs, so that a cell may span lines."""

    path: Path
    compression: str | None
    encoding: str
    separator: str
    quoted: bool

    def open(self) -> pa.NativeFile:
        return pa.input_stream(str(self.path), compression=self.compression)

    def rows(self) -> Iterator[tuple[int, list[str]]]:
        """(number of its last line, cells) of each row, slowly; to find one for a message."""
        with self.open() as file, io.TextIOWrapper(file, self.encoding, errors="replace", newline="") as text:
            reader = csv.reader(text, delimiter=self.separator)
            for cells in reader:
                if cells:
                    yield reader.line_num, cells

    def place(self, row: int) -> str:
        """Where a row is, counted from 0 after the header."""
        for number, (line, _) in enumerate(self.rows()):
            if number == row + 1:
                return f"line {line}"
        return f"row {row + 1}"


def read_csv(path: Path, source: Table, roles: Roles) -> tuple[pa.Table, int, str]:
    """(the source's columns, typed by their roles; number of rows without any value, left out; a note, maybe empty).

    Raises SourceError that names the file and the line, or the column that is missing.
    """
    dialect = _dialect(path, source, roles)
    table = _parsed(dialect, source, roles)
    filled = _filled_rows(table, roles)
    blank = 0 if filled is None else len(table) - int(filled.sum())
    # Typed before blank rows are left out, so that a message has the line of the file.
    bad = BadRows(len(table), lambda row: f"{path.name}, {dialect.place(row)}", error=SourceError)
    table = typed(table, roles, source, str(path), bad, "error")
    if filled is not None:
        table = table.filter(pa.array(filled))
    found = source.separator is None and dialect.separator != ","
    return table, blank, f"{path.name}: the separator is {dialect.separator!r}" if found else ""


def _dialect(path: Path, source: Table, roles: Roles) -> _Dialect:
    with path.open("rb") as file:
        compression = "gzip" if file.read(2) == GZIP else None
    encoding = _encoding(source.encoding or "utf-8")
    with pa.input_stream(str(path), compression=compression) as stream:
        head = stream.read(HEADER_BYTES)
    header = _header_line(head, encoding, path)
    separator, names = _separated(header, source, roles)
    remark = "" if source.separator is not None else f" (read with separator {separator!r}; source.separator sets it)"
    refuse_missing(roles, names, str(path), remark)
    quoted = compression is not None or b'"' in head or _has_quote(path)
    return _Dialect(path, compression, encoding, separator, quoted)


def _encoding(name: str) -> str:
    try:
        codec = codecs.lookup(name).name
    except LookupError:
        raise SourceError(
            f"source.encoding = {name!r} is not known; 'utf-8', 'cp1252', 'utf-16' are examples"
        ) from None
    return "utf-8-sig" if codec == "utf-8" else codec


def _header_line(head: bytes, encoding: str, path: Path) -> str:
    text = codecs.getincrementaldecoder(encoding)()
    try:
        lines = text.decode(head).splitlines()
    except UnicodeDecodeError as error:
        raise SourceError(_not_text(path, encoding, head[error.start], error.start)) from None
    filled = [line for line in lines if line.strip()]
    if not filled:
        raise SourceError(f"{path} has no header line; check the export")
    return filled[0]


def _not_text(path: Path, encoding: str, byte: int, offset: int) -> str:
    return (
        f"{path} is not {encoding.removesuffix('-sig')} text: byte 0x{byte:02X} at offset {offset}; set "
        'source.encoding, for instance "cp1252"'
    )


def _separated(header: str, source: Table, roles: Roles) -> tuple[str, list[str]]:
    """(separator, column names): the one that finds most of the columns, then the one that finds most cells."""
    candidates = [source.separator] if source.separator is not None else list(SEPARATORS)
    split = {separator: next(csv.reader([header], delimiter=separator)) for separator in candidates}
    best = max(split, key=lambda mark: (len(set(roles.columns) & set(split[mark])), len(split[mark])))
    return best, split[best]


def _has_quote(path: Path) -> bool:
    with path.open("rb") as file:
        return any(b'"' in block for block in iter(lambda: file.read(BLOCK), b""))


def _parsed(dialect: _Dialect, source: Table, roles: Roles) -> pa.Table:
    """Numbers are parsed at once; where one is not a number, all number columns are read as text and looked at."""
    text = dict.fromkeys((*roles.series, *roles.times, *roles.static), KEY_TEXT)
    try:
        return _read(dialect, source, roles, text | {name: pa.float64() for name in roles.numbers})
    except pa.ArrowInvalid as error:
        if "conversion error to double" in str(error):
            return _read(dialect, source, roles, text | dict.fromkeys(roles.numbers, KEY_TEXT))
        _explain(dialect, error)
        raise


def _read(dialect: _Dialect, source: Table, roles: Roles, types: dict[str, pa.DataType]) -> pa.Table:
    with dialect.open() as file:
        return pacsv.read_csv(
            file,
            read_options=pacsv.ReadOptions(block_size=BLOCK, encoding=dialect.encoding.removesuffix("-sig")),
            parse_options=pacsv.ParseOptions(delimiter=dialect.separator, newlines_in_values=dialect.quoted),
            convert_options=pacsv.ConvertOptions(
                column_types=types,
                include_columns=list(roles.columns),
                null_values=list(NULL_TEXTS),
                strings_can_be_null=False,
                decimal_point=source.decimal,
            ),
        )


def _explain(dialect: _Dialect, error: pa.ArrowInvalid) -> None:
    """Raises SourceError with the line where a row has another length, or with the offset where bytes are no text."""
    if "UTF8" in str(error):
        _refuse_bytes(dialect)
    width = 0
    for line, cells in dialect.rows():
        width = width or len(cells)
        if len(cells) != width:
            raise SourceError(
                f"{dialect.path}, line {line}: {len(cells)} cells where the header has {width}; quote cells that hold "
                f"the separator {dialect.separator!r}, or mend the line"
            ) from error


def _refuse_bytes(dialect: _Dialect) -> None:
    decoder = codecs.getincrementaldecoder(dialect.encoding)()
    offset = 0
    with dialect.open() as file:
        while block := file.read(BLOCK):
            kept = len(decoder.getstate()[0])
            try:
                decoder.decode(block)
            except UnicodeDecodeError as error:
                raise SourceError(
                    _not_text(dialect.path, dialect.encoding, error.object[error.start], offset - kept + error.start)
                ) from None
            offset += len(block)


def _filled_rows(table: pa.Table, roles: Roles) -> np.ndarray | None:
    """bool (R): rows with any value; None where that is all of them."""
    blank = _is_blank(table[roles.time])
    for name in roles.columns:
        if not blank.any():
            return None
        blank &= _is_blank(table[name])
    return None if not blank.any() else ~blank


def _is_blank(column: pa.ChunkedArray) -> np.ndarray:
    if pa.types.is_floating(column.type):
        return np.asarray(column.is_null())
    parts = [
        np.asarray(pc.equal(pc.utf8_trim_whitespace(chunk.dictionary), "").take(chunk.indices))
        for chunk in column.chunks
    ]
    return np.concatenate(parts) if parts else np.zeros(0, bool)
