"""The base of what flows between steps: frozen, small, JSON. It names a file and its content, never a frame."""

from pydantic import BaseModel, ConfigDict


class Reference(BaseModel):
    """Frozen, and refuses keys that it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_inf_nan="strings")
