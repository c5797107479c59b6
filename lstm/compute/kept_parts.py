"""What parts of a work gave, kept as they come, so that a run that was killed does only what is left."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from io import BytesIO
from typing import Any, Generic, Protocol, TypeVar
from zipfile import BadZipFile

import numpy as np

Item = TypeVar("Item")
Result = TypeVar("Result")
FACTS = "facts"


class Keeper(Protocol):
    """Keeps bytes by name, each whole or not at all."""

    def read(self, name: str) -> bytes | None:
        """The bytes last written under the name, None where there are none."""

    def write(self, name: str, content: bytes) -> None:
        """Replaces the bytes under the name."""


class KeptParts(Generic[Result]):
    """The results of parts by the name of the part. pack: bytes of a result. unpack: its inverse, of these only.

    keeper: None where nothing is kept.
    """

    def __init__(
        self, keeper: Keeper | None, pack: Callable[[Result], bytes], unpack: Callable[[bytes], Result]
    ) -> None:
        self._keeper, self._pack, self._unpack = keeper, pack, unpack

    def keep(self, name: str, result: Result) -> None:
        """Keeps what a part gave."""
        if self._keeper is not None:
            self._keeper.write(name, self._pack(result))

    def left(
        self, parts: Iterable[Item], name_of: Callable[[Item], str], take: Callable[[Result], None]
    ) -> Iterator[Item]:
        """The parts that are still to be done; the results of the others are taken on the way."""
        for part in parts:
            kept = self._read(name_of(part))
            if kept is None:
                yield part
            else:
                take(kept)

    def _read(self, name: str) -> Result | None:
        """None, too, where the bytes are damaged: the part is then done again."""
        content = self._keeper.read(name) if self._keeper is not None else None
        try:
            return self._unpack(content) if content is not None else None
        except (ValueError, KeyError, EOFError, BadZipFile):
            return None


def pack_arrays(arrays: Mapping[str, np.ndarray], facts: Any) -> bytes:
    """Arrays of numbers by name, and anything that JSON can hold, as the bytes of a .npz file with checksums."""
    file, text = BytesIO(), json.dumps(facts).encode()
    np.savez(file, allow_pickle=False, **{FACTS: np.frombuffer(text, np.uint8)}, **arrays)
    return file.getvalue()


def unpack_arrays(content: bytes) -> tuple[dict[str, np.ndarray], Any]:
    """Inverse of `pack_arrays`; runs no code. Raises ValueError, KeyError, EOFError or BadZipFile for other bytes."""
    with np.load(BytesIO(content), allow_pickle=False) as file:
        arrays = {name: file[name] for name in file.files}
    return arrays, json.loads(arrays.pop(FACTS).tobytes())
