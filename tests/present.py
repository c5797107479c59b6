"""What a test knows to be there."""

from typing import TypeVar

Thing = TypeVar("Thing")


def present(thing: Thing | None) -> Thing:
    """The thing itself, for those who may answer None; a test fails where they do."""
    assert thing is not None
    return thing
