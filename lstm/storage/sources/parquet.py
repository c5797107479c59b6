"""Parquet files as a source, read in parts, so that no second copy of the rows is held."""

from collections import Counter
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from lstm.config import Roles, Table
from lstm.data.rows.bad_rows import BadRows, Policy
from lstm.data.rows.missing_codes import code_notes
from lstm.data.rows.source_rows import Place, SourceRows, row_before, summed
from lstm.errors import SourceError
from lstm.storage.files.faults import passes
from lstm.storage.sources.row_parts import RowParts
from lstm.storage.sources.typed_columns import joined, refuse_missing, typed

MAGIC = b"PAR1"
BATCH = 1 << 19


def is_parquet(path: Path) -> bool:
    """By its first bytes, not its name."""
    with path.open("rb") as file:
        return file.read(4) == MAGIC


def read_parquet(path: Path, marks: Table, roles: Roles, policy: Policy) -> SourceRows:
    """The source's columns of one file, typed by their roles; may have no rows. marks: of numbers written as text.

    Raises SourceError for a file that is damaged, a missing column, and one of a type that does not fit its role.
    """
    parts, set_aside, left_out = RowParts(), [], [np.zeros(0, np.int64)]
    codes: Counter[tuple[str, str]] = Counter()
    read = 0
    for part in _parts(path, roles):
        bad = BadRows(len(part), partial(_place, path, read), error=SourceError)
        rows = typed(part, roles, marks, str(path), bad, policy)
        parts.add(rows.filter(pa.array(~bad.mask)) if bad.mask.any() else rows)
        set_aside += bad.set_aside
        codes += bad.codes
        left_out.append(np.flatnonzero(bad.mask) + read)
        read += len(part)
    dropped = np.concatenate(left_out)
    return SourceRows(
        joined(parts.tables()),
        lambda row: _place(path, 0, row_before(row, dropped)),
        set_aside=tuple(summed(set_aside)),
        notes=code_notes(codes, path.name),
    )


def _place(path: Path, first: int, row: int) -> Place:
    return Place.at(f"{path.name}, row {first + row + 1}", first + row + 1)


def _parts(path: Path, roles: Roles) -> Iterator[pa.Table]:
    """The columns of the roles, at least once; texts are dictionaries, as the file has most of them."""
    try:
        schema = pq.read_schema(path)
        refuse_missing(roles, schema.names, str(path))
        texts = [name for name in roles.read if _is_bytes(schema.field(name).type)]
        file = pq.ParquetFile(path, read_dictionary=texts, pre_buffer=False, page_checksum_verification=True)
        yield file.schema_arrow.empty_table().select(list(roles.read))
        yield from _whole_parts(file.iter_batches(BATCH, columns=list(roles.read)))
    except (pa.ArrowException, OSError, UnicodeError) as error:
        if isinstance(error, OSError) and passes(error, without_number=False):
            raise  # not the file's fault; whoever reads files says so
        raise SourceError(f"{path} cannot be read as Parquet, it is damaged or cut short: {error}") from error


def _whole_parts(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.Table]:
    """Batches of about BATCH rows; Arrow's end with each row group, of which a file may have thousands."""
    waiting: list[pa.RecordBatch] = []
    for batch in batches:
        batch.validate(full=True)  # Arrow believes that texts are UTF-8 and codes are of the dictionary
        waiting.append(batch)
        if sum(map(len, waiting)) >= BATCH:
            yield pa.Table.from_batches(waiting)
            waiting = []
    if waiting:
        yield pa.Table.from_batches(waiting)


def _is_bytes(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_binary(kind))
