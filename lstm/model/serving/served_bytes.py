"""The forecasts of a shard as bytes, for `lstm.compute.kept_parts`."""

import numpy as np

from lstm.compute.kept_parts import pack_arrays, unpack_arrays
from lstm.model.serving.forecast_rows import Served

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
