"""The files of a run: in a local folder or an object store, each there whole or not at all."""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import uuid4

import fsspec
import pyarrow as pa
import pyarrow.parquet as pq
from fsspec.implementations.local import LocalFileSystem

from lstm.errors import ConfigError, StoreError
from lstm.storage.files.atomic import atomic_write, atomic_write_bytes, remove_unfinished
from lstm.storage.files.faults import store_errors
from lstm.storage.sql.fence import OPEN, Fence


@dataclass(frozen=True)
class RunFiles:
    """A folder of a run. root: a local path or an fsspec URL of all runs. run_id: name of the folder.

    fence: is asked before anything there changes. A file is written beside its place, then the fence is asked, then it
    comes to its place: renamed in a local folder, copied by the object store itself in one. Whoever takes the run over
    removes what lies beside (`sweep`), so that a process that stood still in between finds nothing to rename or copy.
    """

    root: str
    run_id: str
    fence: Fence = field(default=OPEN, compare=False, repr=False)

    @property
    def uri(self) -> str:
        """Where the folder is."""
        return f"{self.root.rstrip('/')}/{self.run_id}"

    def _place(self, name: str) -> tuple[Any, str]:
        """The file system of a file, and its path there. Raises ConfigError for a kind that is not known here."""
        return _file_system(f"{self.uri}/{name}")

    def read_bytes(self, name: str) -> bytes | None:
        """Content of a file, None where there is none."""
        filesystem, path = self._place(name)
        try:
            with store_errors(f"{self.uri}/{name}", action="read"):
                content: bytes = filesystem.cat_file(path)
        except FileNotFoundError:
            return None
        return content

    def write_bytes(self, name: str, content: bytes) -> str:
        """Writes a file whole or not at all, and answers its SHA-256."""
        filesystem, path = self._place(name)
        with self._changing(name):
            if isinstance(filesystem, LocalFileSystem):
                atomic_write_bytes(Path(path), content, self.fence.check)
            else:
                self._upload(filesystem, path, lambda part: filesystem.pipe_file(part, content))
        return hashlib.sha256(content).hexdigest()

    @contextmanager
    def _changing(self, name: str) -> Iterator[None]:
        try:
            with store_errors(f"{self.uri}/{name}", action="written"):
                yield
        except FileNotFoundError as error:
            self.fence.check()  # whoever took the run over has removed what was being written
            raise StoreError(f"{self.uri}/{name} cannot be written: {error.strerror or error}") from error

    def read_table(self, name: str) -> pa.Table:
        """A Parquet file. Raises StoreError when it is missing or damaged."""
        with self._reading(name) as file:
            return pq.read_table(file)

    def read_tables(self, name: str) -> Iterator[pa.Table]:
        """The row groups of a Parquet file, of which one is in memory at a time; see `read_table`."""
        with self._reading(name) as file:
            parquet = pq.ParquetFile(file)
            yield from (parquet.read_row_group(group) for group in range(parquet.num_row_groups))

    @contextmanager
    def _reading(self, name: str) -> Iterator[pa.NativeFile]:
        """An open file of Arrow's own: one of Python's may be let go by a thread of Arrow's, and where that happens as
        Python ends, the process aborts.
        """
        filesystem, path = self._place(name)
        place, local = f"{self.uri}/{name}", isinstance(filesystem, LocalFileSystem)
        try:
            with (
                store_errors(place, action="read"),
                pa.OSFile(path) if local else pa.BufferReader(filesystem.cat_file(path)) as file,
                _damage_told(place, local=local),
            ):
                yield file
        except FileNotFoundError:
            raise StoreError(f"{place} is missing; run the pipeline again, it is made anew") from None

    def write_table(self, name: str, table: pa.Table, **options: object) -> str:
        """Writes a Parquet file whole or not at all, and answers its SHA-256. options: of `pyarrow.parquet`."""
        return self.write_tables(name, [table], **options)

    def write_tables(self, name: str, tables: Iterable[pa.Table], **options: object) -> str:
        """`write_table` of one table or more of one schema, of which only one is in memory at a time."""
        filesystem, path = self._place(name)
        with self._changing(name):
            if isinstance(filesystem, LocalFileSystem):
                with atomic_write(Path(path), self.fence.check) as part:
                    return _write_parquet(part, iter(tables), options)
            with TemporaryDirectory() as folder:
                table = Path(folder) / "table.parquet"
                digest = _write_parquet(table, iter(tables), options)
                filesystem.makedirs(path.rpartition("/")[0], exist_ok=True)
                self._upload(filesystem, path, lambda part: filesystem.put_file(str(table), part))
            return digest

    def _upload(self, filesystem: Any, path: str, send: Callable[[str], None]) -> None:
        """Sends a file to an object store beside its place, and has it copied there if the run is still ours."""
        part = f"{path}.{uuid4().hex}.part"
        try:
            send(part)
            self.fence.check()
            filesystem.cp_file(part, path)
        finally:
            with suppress(FileNotFoundError):
                filesystem.rm_file(part)

    def digest(self, name: str) -> str | None:
        """SHA-256 of a file, None where there is none."""
        filesystem, path = self._place(name)
        try:
            with store_errors(f"{self.uri}/{name}", action="read"), filesystem.open(path, "rb") as file:
                return _digest(file)
        except FileNotFoundError:
            return None

    def remove(self, name: str) -> bool:
        """Removes a file or folder of the run, or with an empty name all of it; False when it was not there."""
        filesystem, path = self._place(name)
        self.fence.check()
        try:
            # Not asked before whether it is there: fsspec takes an object store that is away for one without it.
            with store_errors(f"{self.uri}/{name}", action="written"):
                filesystem.rm(path, recursive=True)
        except FileNotFoundError:
            return False
        return True

    def sweep(self) -> None:
        """Removes what others have begun to write, so that none of it comes to its place any more."""
        filesystem, path = self._place("")
        with store_errors(self.uri, action="written"):
            if isinstance(filesystem, LocalFileSystem):
                remove_unfinished(Path(path))
                return
            for part in (name for name in filesystem.find(path) if name.endswith(".part")):
                filesystem.rm_file(part)


def run_ids(root: str) -> set[str]:
    """Names of the folders of runs below their root, none where there is none. Raises StoreError, ConfigError."""
    filesystem, path = _file_system(root)
    try:
        with store_errors(root, action="read"):
            return {str(name).rstrip("/").rpartition("/")[2] for name in filesystem.ls(path, detail=False)}
    except FileNotFoundError:
        return set()


def _file_system(url: str) -> tuple[Any, str]:
    """Without a cache of listings, which would not see what another process wrote or removed."""
    try:
        filesystem, path = fsspec.core.url_to_fs(url, use_listings_cache=False)
    except (ImportError, ValueError) as error:
        kind = url.partition("://")[0]
        raise ConfigError(
            f"store.folder is in {kind}://, for which fsspec has no file system here ({error}); install the "
            "package that it names, or give a path or another kind of URL"
        ) from error
    return filesystem, path


@contextmanager
def _damage_told(place: str, *, local: bool) -> Iterator[None]:
    """Raises StoreError for damage, of which Arrow tells some as errors of the machine, without a number."""
    try:
        yield
    except (pa.ArrowInvalid, OSError) as error:
        if isinstance(error, OSError) and (error.errno is not None or not local):
            raise
        raise StoreError(f"{place} is damaged ({error}); run the pipeline again, it is made anew") from error


def _write_parquet(part: Path, tables: Iterator[pa.Table], options: dict[str, object]) -> str:
    first = next(tables)
    with pq.ParquetWriter(part, first.schema, compression="zstd", **options) as writer:
        for table in chain([first], tables):
            writer.write_table(table)
    with part.open("rb") as file:
        return _digest(file)


def _digest(file: Any) -> str:
    """SHA-256 of an open file."""
    digest = hashlib.sha256()
    while chunk := file.read(1 << 20):
        digest.update(chunk)
    return digest.hexdigest()
