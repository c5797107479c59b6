"""What all settings share: frozen, and strict about keys and numbers."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Share = Annotated[float, Field(ge=0.0, le=1.0, allow_inf_nan=False)]
# Strict: `true` is no number.
PositiveInt = Annotated[int, Field(ge=1, le=1_000_000_000, strict=True)]
Columns = tuple[str, ...]


class Settings(BaseModel):
    """A table of the pipeline file: frozen, and strict about keys that it does not have."""

    model_config = ConfigDict(frozen=True, extra="forbid")
