"""CSV files as a source: in any separator and encoding, compressed or not."""

import codecs
import csv
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv

from lstm.config import Roles, Table
from lstm.data.rows.bad_rows import BadRows, Policy
from lstm.data.rows.missing_codes import MissingCodes, code_notes
from lstm.data.rows.numbers import NULL_TEXTS
from lstm.data.rows.source_rows import EXAMPLES, SetAside, SourceRows, row_before
from lstm.errors import EncodingError, SourceError
from lstm.storage.sources.csv_dialect import BLOCK, Dialect, find_dialect
from lstm.storage.sources.row_parts import RowParts
from lstm.storage.sources.typed_columns import KEY_TEXT, refuse_missing, typed


def read_csv(path: Path, table: Table, roles: Roles, policy: Policy) -> SourceRows:
    """The rows of one file. Raises SourceError that names the file and the line, or the column that is missing."""
    dialect = find_dialect(path, table, roles.columns)
    remark = "" if table.separator is not None else f" (read with separator {dialect.separator!r}; separator sets it)"
    refuse_missing(roles, list(dialect.names), str(path), remark)
    if dialect.quoted:
        _refuse_open_quote(dialect)
    parsed, blank, torn = _parsed(dialect, table, roles, policy)
    bad = BadRows(len(parsed), dialect.place, error=SourceError)
    rows = typed(parsed, roles, table, str(path), bad, policy)
    empty = _empty_rows(parsed, roles)
    del parsed
    left_out = np.flatnonzero(bad.mask if empty is None else bad.mask | empty)
    if len(left_out):
        used = np.ones(len(rows), bool)
        used[left_out] = False
        rows = rows.filter(pa.array(used))
    parts = RowParts()
    parts.add(rows)
    (rows,) = parts.tables()
    blank += 0 if empty is None else int(empty.sum())
    codes = code_notes(bad.codes, path.name)
    notes = [
        *dialect.notes,
        *codes,
        *([f"{path.name}: {blank:,} rows without any value were left out"] if blank else []),
    ]
    return SourceRows(
        rows,
        place=lambda row: dialect.place(row_before(row, left_out)),
        blank=blank,
        set_aside=(*torn, *bad.set_aside),
        notes=tuple(notes),
    )


def _parsed(dialect: Dialect, table: Table, roles: Roles, policy: Policy) -> tuple[pa.Table, int, tuple[SetAside, ...]]:
    """(the columns, number of lines of nothing but blanks, rows of another length).

    Numbers are parsed at once. Where one is not a number, all number columns are read as text and looked at; where a
    row has another length, the file is read again without such rows.
    """
    text = dict.fromkeys((*roles.series, *roles.times, *roles.time_parts, *roles.static), KEY_TEXT)
    # The thousands mark is unknown to Arrow, and words that it takes for missing are not counted.
    number = pa.string() if table.thousands is not None or MissingCodes.of(table.missing).words else pa.float64()
    torn: _TornRows | None = None
    while True:
        types = text | dict.fromkeys(roles.numbers, number)
        try:
            rows = _read(dialect, table, roles, types, torn)
        except UnicodeDecodeError:
            _refuse_bytes(dialect)
            raise
        except pa.ArrowInvalid as error:
            if any(words in str(error) for words in ("Empty CSV file", "Could not skip")):
                return pa.table({name: pa.array([], kind) for name, kind in types.items()}), 0, ()
            if "conversion error to double" in str(error) and number == pa.float64():
                number = pa.string()
                torn = _TornRows() if torn is not None else None  # the rows are counted anew
            elif "Expected" in str(error) and "columns" in str(error) and torn is None:
                _refuse_bytes(dialect)  # which Arrow could not show to the counter of torn rows
                torn = _TornRows()
            else:
                _explain(dialect, error)
                raise
        else:
            return rows, *((torn.blank, torn.set_aside(dialect, policy)) if torn is not None else (0, ()))


class _TornRows:
    """Counts rows with another number of cells than the header, which Arrow leaves out."""

    def __init__(self) -> None:
        self.blank = 0
        self.torn = 0

    def __call__(self, row: Any) -> str:
        if row.text.strip():
            self.torn += 1
        else:
            self.blank += 1
        return "skip"

    def set_aside(self, dialect: Dialect, policy: Policy) -> tuple[SetAside, ...]:
        """Raises SourceError with the line of the first one under the policy "error"."""
        if not self.torn:
            return ()
        width, places = len(dialect.names), []
        for line, cells in dialect.rows():
            if len(cells) != width and any(cell.strip() for cell in cells):
                places.append((line, len(cells)))
                if len(places) == EXAMPLES:
                    break
        if policy == "error":
            where = (
                f", line {places[0][0]}: {places[0][1]} cells" if places else f": {self.torn:,} rows have other cells"
            )
            raise SourceError(
                f"{dialect.path}{where} where there are {width} columns; quote cells that hold the separator "
                f'{dialect.separator!r}, mend the line, or set source.bad_rows = "set_aside"'
            )
        examples = tuple(f"{dialect.path.name}, line {line}" for line, _ in places)
        return (SetAside(reason=f"has not the {width} cells of a row", column="", rows=self.torn, examples=examples),)


def _read(
    dialect: Dialect, table: Table, roles: Roles, types: dict[str, pa.DataType], torn: "_TornRows | None"
) -> pa.Table:
    opened, encoding, skipped = dialect.open_rows()
    with opened as file:
        return pacsv.read_csv(
            file,
            read_options=pacsv.ReadOptions(
                block_size=BLOCK,
                encoding=encoding,
                column_names=list(dialect.names),
                skip_rows=skipped,
            ),
            parse_options=pacsv.ParseOptions(
                delimiter=dialect.separator, newlines_in_values=dialect.quoted, invalid_row_handler=torn
            ),
            convert_options=pacsv.ConvertOptions(
                column_types=types,
                include_columns=list(roles.read),
                null_values=list(NULL_TEXTS),
                strings_can_be_null=False,
                decimal_point=table.decimal,
            ),
        )


def _explain(dialect: Dialect, error: pa.ArrowInvalid) -> None:
    """Raises SourceError with the offset where bytes are no text."""
    if "UTF8" in str(error):
        _refuse_bytes(dialect)
    _refuse_open_quote(dialect)


def _refuse_open_quote(dialect: Dialect) -> None:
    """Raises SourceError where a quote is never closed, so that the rest of the file would be one cell.

    Only an odd number of quotes makes it worth the time to look: a quote within a cell opens nothing.
    """
    marks = 0
    with dialect.open() as file:
        while block := file.read(BLOCK):
            marks += block.count(b'"')
    if marks % 2 == 0:
        return
    line = 0
    try:
        for line, _ in dialect.rows(strict=True):  # noqa: B007 - the last one that could be read
            pass
    except csv.Error as fault:
        if "unexpected end of data" in str(fault):
            raise SourceError(
                f"{dialect.path}, after line {line}: a quote is opened and never closed; close it, or double it where "
                "it belongs to the text"
            ) from None


def _refuse_bytes(dialect: Dialect) -> None:
    """Raises SourceError with the first byte that the encoding does not have; a character may not break off either."""
    decoder = codecs.getincrementaldecoder(dialect.encoding)()
    offset = 0
    with dialect.open() as file:
        while True:
            block = file.read(BLOCK)
            pending = len(decoder.getstate()[0])
            try:
                decoder.decode(block, final=not block)
            except UnicodeDecodeError as error:
                byte = error.object[error.start]
                raise EncodingError.of(dialect.path, dialect.encoding, byte, offset - pending + error.start) from None
            if not block:
                return
            offset += len(block)


def _empty_rows(rows: pa.Table, roles: Roles) -> np.ndarray | None:
    """bool (R): rows without any value; None where there are none."""
    blank = _is_blank(rows[roles.time])
    for name in roles.columns:
        if not blank.any():
            return None
        blank &= _is_blank(rows[name])
    return blank if blank.any() else None


def _is_blank(column: pa.ChunkedArray) -> np.ndarray:
    if pa.types.is_floating(column.type):
        return np.asarray(column.is_null())
    if pa.types.is_string(column.type):
        return np.asarray(pc.equal(pc.utf8_trim_whitespace(column), ""))
    parts = [
        np.asarray(pc.equal(pc.utf8_trim_whitespace(chunk.dictionary), "").take(chunk.indices))
        for chunk in column.chunks
    ]
    return np.concatenate(parts) if parts else np.zeros(0, bool)
