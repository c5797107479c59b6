"""What all settings share: frozen, and strict about keys and numbers."""

import re
from datetime import timedelta
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

Share = Annotated[float, Field(ge=0.0, le=1.0, allow_inf_nan=False)]
# Strict: `true` is no number.
PositiveInt = Annotated[int, Field(ge=1, le=1_000_000_000, strict=True)]
Columns = tuple[str, ...]
_UNITS = {"min": timedelta(minutes=1), "h": timedelta(hours=1), "D": timedelta(days=1)}
_DURATION = re.compile(r"([1-9][0-9]{0,5})(min|h|D)")


def duration_of(text: str) -> timedelta:
    """`90min`, `6h` or `2D` as a span of time. Raises ValueError for another text."""
    parts = _DURATION.fullmatch(text)
    if parts is None:
        raise ValueError("a duration is a whole number and min, h or D, such as 90min, 6h or 2D")
    return int(parts[1]) * _UNITS[parts[2]]


def _is_understood(text: str) -> str:
    duration_of(text)
    return text


Duration = Annotated[str, AfterValidator(_is_understood)]


class Settings(BaseModel):
    """A table of the pipeline file: frozen, and strict about keys that it does not have."""

    model_config = ConfigDict(frozen=True, extra="forbid")
