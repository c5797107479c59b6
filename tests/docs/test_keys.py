"""A key of the pipeline file in words, from its JSON schema."""

from typing import Annotated, Literal

import pytest
from pydantic import BaseModel, Field

from docs.generator.keys import takes, toml
from docs.generator.markdown import table


class Keys(BaseModel):
    """One key of each kind."""

    text: str | None = None
    mark: str = Field(",", min_length=1, max_length=1)
    steps: Annotated[int, Field(ge=1, le=1_000_000_000)] = 1
    horizon: Annotated[int, Field(ge=1, le=100_000)] = 1
    share: Annotated[float, Field(gt=0.0, lt=1.0)] | None = None
    on: bool = True
    gaps: Literal["missing", "zero", "error"] = "missing"
    only: Literal["one"] = "one"
    names: tuple[str, ...] = Field((), min_length=1)
    methods: tuple[Literal["auto_ets", "theta"], ...] = ()
    interval: tuple[float, float] | None = None
    columns: dict[str, str] = {}


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("text", "text"),
        ("mark", "text of one character"),
        ("steps", "whole number ≥ 1"),
        ("horizon", "whole number ≥ 1, ≤ 100,000"),
        ("share", "number > 0, < 1"),
        ("on", "true or false"),
        ("gaps", '`"missing"`, `"zero"` or `"error"`'),
        ("only", '`"one"`'),
        ("names", "list of texts (at least one)"),
        ("methods", 'list of `"auto_ets"` or `"theta"`'),
        ("interval", "list of 2 numbers"),
        ("columns", "table of texts"),
    ],
)
def test_a_key_says_what_it_takes(key: str, words: str) -> None:
    """What a person may write, with its bounds; a limit that only keeps out overflow is not told."""
    assert takes(Keys.model_json_schema()["properties"][key]) == words


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (None, ""),
        (True, "true"),
        ("a \"b\"", '"a \\"b\\""'),
        (0.003, "0.003"),
        ([0.1, 0.5], "[0.1, 0.5]"),
        ({}, "{}"),
        ({"time": "ds"}, '{ time = "ds" }'),
    ],
)  # fmt: skip
def test_a_default_is_written_as_in_the_file(value: object, written: str) -> None:
    """TOML; nothing where there is no default."""
    assert toml(value) == written


def test_a_bar_does_not_end_a_cell() -> None:
    """Nor does the end of a line."""
    assert table(("a",), [("x | y\nz",)]).splitlines()[-1] == r"| x \| y z |"
