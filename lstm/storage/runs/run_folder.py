"""The folder of one run, and the memory of which steps are done.

A step writes its files, then its manifest last. It is finished when its manifest stands, was made from the same inputs
by the same version of the step, and the files' hashes match. Nothing else remembers, so nothing can disagree; and no
rename is needed, so that a run folder may lie on an object store.
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

import fsspec
import pyarrow as pa
import pyarrow.parquet as pq
from fsspec.implementations.local import LocalFileSystem
from pydantic import BaseModel, ConfigDict, ValidationError

from lstm.errors import ConfigError, StoreError
from lstm.references import Reference
from lstm.storage.files.atomic import atomic_write, atomic_write_bytes
from lstm.storage.files.faults import store_errors

Ref = TypeVar("Ref", bound=Reference)


class Manifest(BaseModel):
    """What a finished step left. inputs: fingerprints by name. files: SHA-256 by name. output: its reference."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    step: str
    version: int
    inputs: dict[str, str]
    files: dict[str, str]
    output: dict[str, Any]


def runs_root(store: str, folder: Path) -> str:
    """Root of all run folders. store: `store.folder`, a path seen from `folder` or an fsspec URL."""
    return f"{store.rstrip('/')}/runs" if "://" in store else str(folder / store / "runs")


def fingerprint(value: object) -> str:
    """SHA-256 of anything that JSON can hold, independent of the order of keys; models by their JSON."""
    plain = value.model_dump(mode="json") if isinstance(value, BaseModel) else value
    return hashlib.sha256(json.dumps(plain, sort_keys=True, default=str).encode()).hexdigest()


def fingerprints(inputs: Mapping[str, object]) -> dict[str, str]:
    """A fingerprint for each input of a step; text is taken for one already."""
    return {name: value if isinstance(value, str) else fingerprint(value) for name, value in inputs.items()}


@dataclass(frozen=True)
class RunStore:
    """One run's folder. root: a local path or an fsspec URL of all runs. run_id: name of the folder."""

    root: str
    run_id: str

    @property
    def uri(self) -> str:
        """Where the folder is."""
        return f"{self.root.rstrip('/')}/{self.run_id}"

    def _place(self, name: str) -> tuple[Any, str]:
        """The file system of a file, and its path there. Raises ConfigError for a kind that is not known here."""
        try:
            filesystem, path = fsspec.core.url_to_fs(f"{self.uri}/{name}")
        except (ImportError, ValueError) as error:
            kind = self.root.partition("://")[0]
            raise ConfigError(
                f"store.folder is in {kind}://, for which fsspec has no file system here ({error}); install the "
                "package that it names, or give a path or another kind of URL"
            ) from error
        return filesystem, path

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
        with store_errors(f"{self.uri}/{name}", action="written"):
            if isinstance(filesystem, LocalFileSystem):
                atomic_write_bytes(Path(path), content)
            else:
                filesystem.pipe_file(path, content)
        return hashlib.sha256(content).hexdigest()

    def read_table(self, name: str) -> pa.Table:
        """A Parquet file. Raises StoreError when it is missing or damaged."""
        filesystem, path = self._place(name)
        local = isinstance(filesystem, LocalFileSystem)
        try:
            with store_errors(f"{self.uri}/{name}", action="read"), filesystem.open(path, "rb") as file:
                return _read_parquet(file, f"{self.uri}/{name}", local=local)
        except FileNotFoundError:
            raise StoreError(f"{self.uri}/{name} is missing; run the pipeline again, it is made anew") from None

    def write_table(self, name: str, table: pa.Table, **options: object) -> str:
        """Writes a Parquet file whole or not at all, and answers its SHA-256. options: of `pyarrow.parquet`."""
        return self.write_tables(name, [table], **options)

    def write_tables(self, name: str, tables: Iterable[pa.Table], **options: object) -> str:
        """`write_table` of one table or more of one schema, of which only one is in memory at a time."""
        filesystem, path = self._place(name)
        with store_errors(f"{self.uri}/{name}", action="written"):
            if isinstance(filesystem, LocalFileSystem):
                with atomic_write(Path(path)) as part:
                    return _write_parquet(part, iter(tables), options)
            with TemporaryDirectory() as folder:
                part = Path(folder) / "table.parquet"
                digest = _write_parquet(part, iter(tables), options)
                filesystem.makedirs(path.rpartition("/")[0], exist_ok=True)
                filesystem.put_file(str(part), path)
            return digest

    def manifest(self, step: str) -> Manifest | None:
        """The step's manifest, None where there is none or it cannot be read (the step is then done again)."""
        content = self.read_bytes(f"manifests/{step}.json")
        try:
            return Manifest.model_validate_json(content) if content is not None else None
        except ValidationError:
            return None

    def once(
        self,
        step: str,
        version: int,
        inputs: Mapping[str, object],
        output: type[Ref],
        make: Callable[[], tuple[Ref, dict[str, str]]],
        *,
        again: bool = False,
    ) -> Ref:
        """The output of a step: from its manifest when it is finished, else from `make`.

        make: does the step and answers (its reference, SHA-256 of its files by name). again: do it in any case.
        """
        marks = fingerprints(inputs)
        reference = None if again else self.finished(step, version, marks, output)
        if reference is not None:
            return reference
        self.forget(step)
        reference, files = make()
        manifest = Manifest(
            step=step, version=version, inputs=marks, files=files, output=json.loads(reference.model_dump_json())
        )
        self.write_bytes(f"manifests/{step}.json", manifest.model_dump_json(indent=2).encode())
        return reference

    def finished(self, step: str, version: int, inputs: dict[str, str], output: type[Ref]) -> Ref | None:
        """What the step left, if its manifest stands for these inputs and its files are intact."""
        manifest = self.manifest(step)
        if manifest is None or (manifest.version, manifest.inputs) != (version, inputs):
            return None
        if any(self._hash(name) != expected for name, expected in manifest.files.items()):
            return None
        try:
            return output.model_validate(manifest.output)
        except ValidationError:
            return None

    def forget(self, step: str) -> None:
        """Removes a step's manifest, so that a half-written successor is never taken for finished."""
        filesystem, path = self._place(f"manifests/{step}.json")
        with store_errors(f"{self.uri}/manifests/{step}.json", action="written"):
            if filesystem.exists(path):
                filesystem.rm_file(path)

    def _hash(self, name: str) -> str | None:
        filesystem, path = self._place(name)
        try:
            with store_errors(f"{self.uri}/{name}", action="read"), filesystem.open(path, "rb") as file:
                return _digest(file)
        except FileNotFoundError:
            return None

    def remove(self, name: str) -> bool:
        """Removes a file or folder of the run, or with an empty name all of it; False when it was not there."""
        filesystem, path = self._place(name)
        with store_errors(f"{self.uri}/{name}", action="written"):
            if not filesystem.exists(path):
                return False
            filesystem.rm(path, recursive=True)
            return True


def _read_parquet(file: Any, place: str, *, local: bool) -> pa.Table:
    """Raises StoreError for damage, of which Arrow tells some as errors of the machine, without a number."""
    try:
        return pq.read_table(file)
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


@dataclass(frozen=True)
class StoredCheckpoints:
    """Training states in a folder of the run (`lstm.model.training.checkpoint.Checkpoints`)."""

    store: RunStore
    folder: str

    def read(self, name: str) -> bytes | None:
        """The bytes last written under the name, None where there are none."""
        return self.store.read_bytes(f"{self.folder}/{name}.safetensors")

    def write(self, name: str, content: bytes) -> None:
        """Replaces the bytes under the name, whole or not at all."""
        self.store.write_bytes(f"{self.folder}/{name}.safetensors", content)
