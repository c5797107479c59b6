"""JSON lines as a source: a row a line, each an object with the columns as its names."""

import gzip
import json
import zlib
from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.json as pajson

from lstm.config import Roles, Table
from lstm.data.rows.bad_rows import BadRows, Policy
from lstm.data.rows.missing_codes import code_notes
from lstm.data.rows.source_rows import Place, SetAside, SourceRows, row_before
from lstm.errors import SourceError
from lstm.storage.sources.typed_columns import refuse_missing, typed

GZIP = b"\x1f\x8b"
_NO_CELLS = (dict, list)


def is_json(path: Path) -> bool:
    """By its first sign, which no header begins with: an object, or an array of objects, which is refused later."""
    begin: list[bytes] = []
    with suppress(OSError, EOFError, zlib.error), _opened(path) as file:  # whoever reads the file says what is wrong
        begin = file.read(256).removeprefix(b"\xef\xbb\xbf").split()
    return bool(begin) and (begin[0][:1] == b"{" or b"".join(begin)[:2] == b"[{")


def _opened(path: Path) -> Any:
    with path.open("rb") as file:
        compressed = file.read(2) == GZIP
    return gzip.open(path) if compressed else path.open("rb")


def read_json_lines(path: Path, marks: Table, roles: Roles, policy: Policy) -> SourceRows:
    """The source's columns of one file, typed by their roles. A name that an object lacks is a missing cell.

    Raises SourceError that names the file and the line, or the column that no object has.
    """
    rows, numbers, torn = _rows(path, roles, policy)
    bad = BadRows(len(rows), lambda row: _place(path, int(numbers[row])), error=SourceError)
    table = typed(rows, roles, marks, str(path), bad, policy)
    left_out = np.flatnonzero(bad.mask)
    return SourceRows(
        table.filter(pa.array(~bad.mask)) if len(left_out) else table,
        lambda row: _place(path, int(numbers[row_before(row, left_out)])),
        set_aside=(*torn, *bad.set_aside),
        notes=code_notes(bad.codes, path.name),
    )


def _place(path: Path, line: int) -> Place:
    return Place.at(f"{path.name}, line {line}", line)


def _rows(path: Path, roles: Roles, policy: Policy) -> tuple[pa.Table, np.ndarray, tuple[SetAside, ...]]:
    """(columns of the roles; the line of each row; lines that are no objects)."""
    table = _fast(path, roles)
    if table is not None:
        return table, np.arange(1, len(table) + 1), ()
    numbers, objects, torn = [], [], []
    for number, row in _objects(path):
        if isinstance(row, dict):
            numbers.append(number)
            objects.append(row)
        else:
            torn.append(number)
    if torn and policy == "error":
        raise SourceError(
            f"{path}, line {torn[0]} is no JSON object{f', nor are {len(torn) - 1:,} more' if len(torn) > 1 else ''}; "
            'write one row a line, such as {"day": "2024-01-31", "y": 5}, or set source.bad_rows = "set_aside"'
        )
    names = list(dict.fromkeys(name for row in objects for name in row))
    refuse_missing(roles, names, str(path))
    columns = {name: _column(path, name, [row.get(name) for row in objects], numbers) for name in roles.read}
    reason, examples = "is no JSON object", tuple(f"{path.name}, line {line}" for line in torn[:10])
    aside = (SetAside(reason=reason, column="", rows=len(torn), examples=examples),) if torn else ()
    return pa.table(columns), np.array(numbers, np.int64), aside


def _fast(path: Path, roles: Roles) -> pa.Table | None:
    """The same by Arrow; None where a line is blank or torn, or a value is of no usual kind for its role."""
    text = dict.fromkeys((*roles.series, *roles.times, *roles.time_parts, *roles.static), pa.string())
    schema = pa.schema({**text, **dict.fromkeys(roles.numbers, pa.float64())})
    options = pajson.ParseOptions(explicit_schema=schema, unexpected_field_behavior="ignore")
    with _opened(path) as file:
        try:
            table = pajson.read_json(file, parse_options=options)
        except pa.ArrowInvalid:
            return None
    with _opened(path) as file:
        lines = sum(1 for _ in file)
    full = len(table) == lines and all(table[name].null_count < max(len(table), 1) for name in schema.names)
    return table if full else None


def _objects(path: Path) -> Iterator[tuple[int, Any]]:
    """(number, value) of each line that is not blank; None for one that is no JSON."""
    with _opened(path) as file:
        for number, line in enumerate(file, 1):
            if not line.strip():
                continue
            if number == 1 and line.lstrip(b"\xef\xbb\xbf \t").startswith(b"["):
                raise SourceError(f"{path} is one JSON array; write its objects as lines, one row a line")
            try:
                yield number, json.loads(line)
            except ValueError:
                yield number, None


def _column(path: Path, name: str, cells: Sequence[Any], numbers: Sequence[int]) -> pa.Array:
    """Cells of one kind in its type, of several kinds as text."""
    nested = next((place for place, cell in enumerate(cells) if isinstance(cell, _NO_CELLS)), None)
    if nested is not None:
        raise SourceError(
            f"{path}, line {numbers[nested]}: column {name!r} holds several values a row; write each as a column",
            column=name,
        )
    try:
        return pa.array(cells)
    except (pa.ArrowException, OverflowError):
        texts = (cell if isinstance(cell, str) else json.dumps(cell) for cell in cells)
        return pa.array([None if cell is None else text for cell, text in zip(cells, texts, strict=True)], pa.string())


def first_rows(path: Path, limit: int) -> tuple[pa.Table, bool]:
    """(the columns of the first rows, whether that is all). Raises SourceError for a file without any."""
    numbered = ((number, row) for number, row in _objects(path) if isinstance(row, dict))
    rows = list(islice(numbered, limit))
    if not rows:
        raise SourceError(f"{path} has no line that is a JSON object; check the export")
    numbers = [number for number, _ in rows]
    names = dict.fromkeys(name for _, row in rows for name in row)
    columns = {}
    for name in names:
        cells = [row.get(name) for _, row in rows]
        if not any(isinstance(cell, _NO_CELLS) for cell in cells):
            columns[name] = _column(path, name, cells, numbers)
    return pa.table(columns), next(numbered, None) is None
