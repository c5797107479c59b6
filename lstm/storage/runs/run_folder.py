"""The folder of one run, and the memory of which steps are done.

A step writes its files, then its manifest last. It is finished when its manifest stands, was made from the same inputs
by the same version of the step, and the files' hashes match. Nothing else remembers, so nothing can disagree; and no
rename is needed, so that a run folder may lie on an object store.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from lstm.references import Reference
from lstm.storage.runs.run_files import RunFiles

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
class RunStore(RunFiles):
    """One run's folder, with the manifests of its steps."""

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
        if any(self.digest(name) != expected for name, expected in manifest.files.items()):
            return None
        try:
            return output.model_validate(manifest.output)
        except ValidationError:
            return None

    def forget(self, step: str) -> None:
        """Removes a step's manifest, so that a half-written successor is never taken for finished."""
        self.remove(f"manifests/{step}.json")


@dataclass(frozen=True)
class StoredCheckpoints:
    """Training states, or parts of another step, in a folder of the run; see `lstm.compute.kept_parts.Keeper`."""

    store: RunStore
    folder: str
    ending: str = ".safetensors"

    def read(self, name: str) -> bytes | None:
        """The bytes last written under the name, None where there are none."""
        return self.store.read_bytes(f"{self.folder}/{name}{self.ending}")

    def write(self, name: str, content: bytes) -> None:
        """Replaces the bytes under the name, whole or not at all."""
        self.store.write_bytes(f"{self.folder}/{name}{self.ending}", content)
