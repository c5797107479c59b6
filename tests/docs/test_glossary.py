"""The glossary: words that other pages use, each explained once."""

import re

from pages import ROOT, prose

GLOSSARY = ROOT / "docs" / "glossary.md"


def words() -> list[str]:
    """Every word that has a row of its own, as it is written there; `grid, step` are two."""
    cells = re.findall(r"^\| ([^|]+) \|", prose(GLOSSARY), re.MULTILINE)
    terms = [re.sub(r" \(.*\)$", "", term) for cell in cells for term in cell.split(", ")]
    return [term for term in terms if term not in ("word", "---")]


def test_a_word_is_explained_once() -> None:
    """Law: one word, one meaning."""
    assert len(set(words())) == len(words()) > 40


def test_every_word_of_the_glossary_is_used_by_another_page() -> None:
    """Law: what no reader meets needs no row."""
    others = [ROOT / "README.md", *(page for page in (ROOT / "docs").rglob("*.md") if page != GLOSSARY)]
    text = " ".join(" ".join(page.read_text(encoding="utf-8").lower().split()) for page in others)
    assert [word for word in words() if word.lower() not in text] == []
