"""A guessed line of a pipeline file."""

from dataclasses import dataclass

Value = str | int | float | tuple[str, ...]


@dataclass(frozen=True)
class Setting:
    """A line of a pipeline file and why it is so. written: False where it is only suggested, as a comment."""

    name: str
    value: Value
    why: str
    written: bool = True
