"""What a page tells to type exists: commands with their options, targets of make, extras; blocks say what they are."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from shell import Block, blocks

from flows.cli.app import app
from pages import ROOT, pages

GENERATED = ROOT / "docs" / "reference"
LANGUAGES = {"sh", "console", "sql", "python", "toml", "yaml", "json", "text", "ini", "html", "css", "dockerfile"}
WRITTEN = [page for page in pages() if page.parent != GENERATED]


@pytest.mark.parametrize("page", WRITTEN, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_block_says_what_it_is(page: Path) -> None:
    """`sh` is typed by the tests, `console` is what they cannot type, `text` is an answer."""
    assert {block.language for block in blocks(page)} <= LANGUAGES


def test_what_the_tests_type_needs_nothing_else() -> None:
    """A `sh` block has Nightcast's commands, Python's and Prefect's; what waits, installs or builds is `console`."""
    typed = (block for page in WRITTEN for block in blocks(page) if block.language == "sh")
    programs = {words[0] for block in typed for words in block.lines}
    assert programs <= {"nightcast", "prefect", "python", "export"}


def typed(page: Path) -> Iterator[list[str]]:
    """The commands of a page, in words, whether the tests type them or not."""
    for block in blocks(page):
        if block.language in ("sh", "console"):
            told = re.sub(r"^\$ ", "", block.body, flags=re.MULTILINE)
            yield from Block("sh", {}, told).lines


def commands(program: str) -> list[tuple[str, list[str]]]:
    """(page, words after the program's name) of every command of a program."""
    named = [(str(page.relative_to(ROOT)), words) for page in WRITTEN for words in typed(page)]
    return [(page, words[1:]) for page, words in named if Path(words[0]).name == program]


@pytest.mark.parametrize(("page", "words"), commands("nightcast"), ids=lambda value: str(value)[:40])
def test_every_command_of_a_page_can_be_parsed(page: str, words: list[str]) -> None:
    """The command is there, and so are its arguments and options."""
    group: Any = typer.main.get_command(app)
    name, rest = "nightcast", list(words)
    while rest and hasattr(group, "commands"):
        context = group.make_context(name, rest)
        name, group, rest = group.resolve_command(context, [*context._protected_args, *context.args])
        assert group is not None, f"{page}: there is no nightcast {' '.join(words)}"
    if "--help" not in rest:
        group.make_context(name, rest)


def test_make_has_the_targets_that_pages_name() -> None:
    """In blocks and in the running text."""
    targets = set(re.findall(r"^([\w.-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    named = {(page, words[0]) for page, words in commands("make") if words}
    prose = {(page.name, name) for page in WRITTEN for name in re.findall(r"`make ([\w.-]+)`", page.read_text("utf-8"))}
    assert {(page, name) for page, name in named | prose if name not in targets and "=" not in name} == set()


def test_extras_that_pages_install_are_there() -> None:
    """`.[postgresql]`."""
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    named = {extra for page in WRITTEN for extra in re.findall(r'"\.\[(\w+)\]"', page.read_text(encoding="utf-8"))}
    assert {"postgresql", "mariadb"} <= named <= set(extras)
