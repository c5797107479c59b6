"""What parts of a work gave, kept as they come, so that a run that was killed does only what is left."""

import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from io import BytesIO
from typing import Any, Generic, Protocol, TypeVar
from zipfile import BadZipFile

import numpy as np

Item = TypeVar("Item")
Result = TypeVar("Result")
FACTS = "facts"
SECONDS_BETWEEN = 10.0  # of work that is done again at most


class Keeper(Protocol):
    """Keeps bytes by name, each whole or not at all."""

    def read(self, name: str) -> bytes | None:
        """The bytes last written under the name, None where there are none."""

    def write(self, name: str, content: bytes) -> None:
        """Replaces the bytes under the name."""


class KeptParts(Generic[Result]):
    """The results of parts by the name of the part. pack: bytes of a result. unpack: its inverse, of these only.

    Some seconds' worth of them is kept at a time, since an object store takes long over each file. keeper: None where
    nothing is kept. clock: seconds.
    """

    def __init__(
        self,
        keeper: Keeper | None,
        pack: Callable[[Result], bytes],
        unpack: Callable[[bytes], Result],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._keeper, self._pack, self._unpack, self._clock = keeper, pack, unpack, clock
        self._files = 0
        self._done: set[str] | None = None
        self._waiting: dict[str, np.ndarray] = {}
        self._since = clock()

    def keep(self, name: str, result: Result) -> None:
        """Keeps what a part gave, with others that come soon after it."""
        if self._keeper is None:
            return
        self._waiting[name] = np.frombuffer(self._pack(result), np.uint8)
        if self._clock() - self._since >= SECONDS_BETWEEN:
            self._keeper.write(str(self._files), pack_arrays(self._waiting, {}))
            self._files += 1
            self._waiting, self._since = {}, self._clock()

    def left(
        self, parts: Iterable[Item], name_of: Callable[[Item], str], take: Callable[[Result], None]
    ) -> Iterator[Item]:
        """The parts that are still to be done; whatever was kept is taken first."""
        if self._done is None:
            self._done = set(self._taken(take))
        for part in parts:
            if name_of(part) not in self._done:
                yield part

    def _taken(self, take: Callable[[Result], None]) -> Iterator[str]:
        """The names of what was kept. A file that is damaged ends it; what was in it and later ones is done again."""
        while self._keeper is not None and (content := self._keeper.read(str(self._files))) is not None:
            try:
                results = {name: self._unpack(part.tobytes()) for name, part in unpack_arrays(content)[0].items()}
            except (ValueError, KeyError, EOFError, BadZipFile):
                return
            self._files += 1
            for name, result in results.items():
                take(result)
                yield name


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
