"""Who follows a link or a mention of a page arrives, and every page can be found from the index."""

from pathlib import Path

import pytest

from pages import ROOT, anchors, links, named_pages, pages

PACKAGES = ("flows", "tasks", "lstm", "benchmarks", "tests", "deployments", "examples")


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_of_a_page_leads_somewhere(page: Path) -> None:
    """Relative links name files of the project, and `#…` a heading there."""
    dead = []
    for link in links(page):
        if "://" in link:
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            dead.append(link)
    assert dead == []


def test_every_page_that_code_speaks_of_is_there() -> None:
    """Docstrings, settings and comments name pages by their path from the root."""
    files = [path for name in PACKAGES for path in (ROOT / name).rglob("*") if path.suffix in {".py", ".toml", ".yaml"}]
    missing = {
        f"{path.relative_to(ROOT)}: {page}"
        for path in files
        for page in named_pages(path)
        if not (ROOT / page).exists()
    }
    assert missing == set()


def test_every_page_of_the_docs_is_in_the_index() -> None:
    """`docs/README.md` links to each."""
    index = ROOT / "docs" / "README.md"
    linked = {(index.parent / link.partition("#")[0]).resolve() for link in links(index)}
    assert {page for page in (ROOT / "docs").rglob("*.md") if page != index} - linked == set()
