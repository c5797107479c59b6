"""The forecasts of shards, put together, and kept as bytes on the way."""

from collections.abc import Iterator

import numpy as np

from lstm.compute.kept_parts import Keeper, KeptParts, pack_arrays, unpack_arrays
from lstm.model.serving.forecast_rows import Served
from lstm.model.serving.shards import Shard

TEXTS = ("method", "reason", "version")  # objects: texts and whole numbers, or None


def pack_served(part: tuple[int, Served]) -> bytes:
    """Bytes of a shard's forecasts. part: (the shard's first series, its forecasts)."""
    first, served = part
    arrays = {name: values for name, values in vars(served).items() if name not in TEXTS}
    return pack_arrays(arrays, {"first": first} | {name: getattr(served, name).tolist() for name in TEXTS})


def unpack_served(content: bytes) -> tuple[int, Served]:
    """Inverse of `pack_served`."""
    arrays, facts = unpack_arrays(content)
    objects = {name: np.array(facts[name], object).reshape(arrays["held"].shape) for name in TEXTS}
    return facts["first"], Served(**arrays, **objects)


class ServedShards:
    """The shards that are done, in whatever order they come. keeper: keeps them; None where nothing is kept."""

    def __init__(self, keeper: Keeper | None) -> None:
        self._kept, self._served = KeptParts(keeper, pack_served, unpack_served), dict[int, Served]()

    def left(self, parts: Iterator[Shard]) -> Iterator[Shard]:
        """Those that are still to be served."""
        return self._kept.left(parts, lambda shard: str(shard.first), self._take)

    def add(self, first: int, served: Served) -> None:
        """Takes in a shard that has just been served."""
        self._kept.keep(str(first), (first, served))
        self._take((first, served))

    def _take(self, part: tuple[int, Served]) -> None:
        self._served[part[0]] = part[1]

    def joined(self) -> Served:
        """All of them."""
        return Served.joined([self._served[first] for first in sorted(self._served)])
