"""The pages of the documentation, and what stands in them."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
_FENCE = re.compile(r"^```.*?^```", re.DOTALL | re.MULTILINE)
_LINK = re.compile(r"\]\(([^)\s]+)\)")


def pages() -> list[Path]:
    """Every page of markdown that belongs to the project."""
    folders = ("docs", "benchmarks", "examples", "deployments")
    return sorted([*ROOT.glob("*.md"), *(page for name in folders for page in (ROOT / name).rglob("*.md"))])


def prose(page: Path) -> str:
    """A page without its fenced blocks."""
    return _FENCE.sub("", page.read_text(encoding="utf-8"))


def links(page: Path) -> list[str]:
    """Targets of a page's links, as they are written."""
    return _LINK.findall(prose(page))


def anchors(page: Path) -> set[str]:
    """What `#…` may name on a page: its headings, as GitHub turns them into anchors."""
    headings = re.findall(r"^#+ +(.+?) *$", prose(page), re.MULTILINE)
    named = re.findall(r'<a id="([^"]+)"', prose(page))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings} | set(named)


def named_pages(file: Path) -> set[str]:
    """Pages that a file of another kind speaks of, such as `docs/how-to/data.md`."""
    return set(re.findall(r"\bdocs/[\w./-]+\.md\b", file.read_text(encoding="utf-8")))
