"""What a reader types, page by page: fenced blocks of the documentation, and a shell that runs them in this process.

`sh` blocks are typed, `sql` blocks are asked of the store, a block with `file=NAME` is written there, and everything
else (`console`, `text`, …) is only read.
"""

import os
import re
import shlex
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent

import pytest
from sqlalchemy import text

from lstm.storage.store.database import open_store

_FENCE = re.compile(r"^ *```(?P<info>[^\n]*)\n(?P<body>.*?)^ *```$", re.DOTALL | re.MULTILINE)
_AFTER = re.compile(r"^<!-- after: (\S+) -->$", re.MULTILINE)


@dataclass(frozen=True)
class Block:
    """A fenced block. options: what follows the language, such as `file=sales.toml` or `exit=3`."""

    language: str
    options: dict[str, str]
    body: str

    @property
    def lines(self) -> list[list[str]]:
        """The commands of a shell's block, in words, without comments."""
        joined = self.body.replace("\\\n", " ")
        return [words for words in (shlex.split(line, comments=True) for line in joined.splitlines()) if words]


def blocks(page: Path) -> list[Block]:
    """The fenced blocks of a page, in order."""
    fenced = []
    for match in _FENCE.finditer(page.read_text(encoding="utf-8")):
        language, *options = match["info"].split() or [""]
        fenced.append(Block(language, dict(option.split("=", 1) for option in options), dedent(match["body"])))
    return fenced


def page_before(page: Path) -> Path | None:
    """The page that a page goes on from, by its first line, which a reader does not see."""
    named = _AFTER.search(page.read_text(encoding="utf-8"))
    return (page.parent / named[1]).resolve() if named else None


class Shell:
    """A reader's terminal in a folder. Commands of Nightcast run in this process, so that its imports are paid once."""

    def __init__(self, folder: Path, patch: pytest.MonkeyPatch) -> None:
        self.folder, self.patch = folder, patch
        patch.chdir(folder)

    def follow(self, block: Block) -> None:
        """Does what a block asks for."""
        if "file" in block.options:
            (self.folder / block.options["file"]).write_text(block.body, encoding="utf-8")
        elif block.language == "sh":
            for words in block.lines:
                assert self.type(words) == int(block.options.get("exit", 0)), f"{shlex.join(words)} failed"
        elif block.language == "sql":
            self.ask(block.body)

    def type(self, words: list[str]) -> int:
        """Runs one command; answers its exit code. What the test has exported before, a page does not change."""
        if words[0] == "export":
            name, _, value = words[1].partition("=")
            self.patch.setenv(name, os.environ.get(name, value))
            return 0
        if words[0] == "nightcast":
            return self._nightcast(words)
        programs = {"python": [sys.executable], "prefect": [sys.executable, "-m", "prefect"]}
        return subprocess.run([*programs.get(words[0], [words[0]]), *words[1:]], check=False, timeout=120).returncode

    def _nightcast(self, words: list[str]) -> int:
        from flows.cli.app import main

        self.patch.setattr(sys, "argv", words)
        with pytest.raises(SystemExit) as ended:
            main()
        return int(ended.value.code or 0)

    def ask(self, query: str) -> list[tuple[object, ...]]:
        """Asks the store of the folder; a statement at a time, since SQLite takes no more."""
        file = next(self.folder.rglob("nightcast.db"), self.folder / "none.db")
        engine = open_store(os.environ.get("NIGHTCAST_STORE_URL") or f"sqlite:///{file}")
        with engine.connect() as connection:
            answers = [connection.execute(text(part)).all() for part in query.split(";") if part.strip()]
        engine.dispose()
        return [tuple(row) for row in answers[-1]]
