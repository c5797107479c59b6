"""The rows of a source as they come in: in memory while they are few, else in a file that is mapped into it."""

import logging
from itertools import groupby
from pathlib import Path
from tempfile import NamedTemporaryFile, gettempdir

import pyarrow as pa

LARGE_BYTES = 1 << 28  # of rows, from which on they lie in a file
log = logging.getLogger(__name__)


class RowParts:
    """Typed tables of one source, one after the other; each is read again as it was, its columns' types included.

    The file has no name, so that it is gone with the last array that is mapped from it, however the process ends. What
    is mapped can leave memory and come back; where the folder for temporary files has no room, rows stay in memory.
    """

    def __init__(self, large: int | None = None) -> None:
        self._large = LARGE_BYTES if large is None else large
        self._tables: list[pa.Table] = []
        self._waiting: list[pa.Table] = []
        self._has_room = True

    def add(self, table: pa.Table) -> None:
        """Takes in the next rows."""
        self._waiting.append(table)
        if self._has_room and sum(part.nbytes for part in self._waiting) > self._large:
            self._lay_aside()

    def add_laid_aside(self, table: pa.Table) -> None:
        """Takes in rows that another `RowParts` has taken care of, where they are many."""
        if table.nbytes <= self._large:
            self.add(table)
        else:
            self._tables += [*self._waiting, table]
            self._waiting = []

    def tables(self) -> list[pa.Table]:
        """All rows, in order; none where no table came."""
        return [*self._tables, *self._waiting]

    def _lay_aside(self) -> None:
        try:
            self._tables += _mapped(self._waiting)
        except OSError as error:
            self._has_room = False
            log.warning("the rows of the source stay in memory, %s has no room for them: %s", gettempdir(), error)
            return
        self._waiting = []


def _mapped(tables: list[pa.Table]) -> list[pa.Table]:
    """The tables, those of one schema as one, read from a file that holds them as they lie in memory."""
    with NamedTemporaryFile(prefix="nightcast-rows-") as file:
        ends = []
        for schema, parts in groupby(tables, key=lambda table: table.schema):
            with pa.ipc.new_stream(file, schema) as writer:
                writer.write_table(pa.concat_tables(parts).unify_dictionaries())
            ends.append(file.tell())
        file.flush()
        whole = pa.memory_map(str(Path(file.name)))
        mapped = []
        for begin, end in zip([0, *ends], ends, strict=False):
            whole.seek(begin)
            with pa.ipc.open_stream(pa.BufferReader(whole.read_buffer(end - begin))) as reader:
                mapped.append(reader.read_all())
        return mapped
