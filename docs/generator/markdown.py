"""Markdown of generated pages."""

from collections.abc import Iterable


def table(header: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    """A table; a bar or a line's end in a cell would end the cell."""
    lines = (header, ("---",) * len(header), *rows)
    return "\n".join(f"| {' | '.join(_cell(text) for text in row)} |" for row in lines)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def code(text: str) -> str:
    """A cell of code, empty where there is nothing to show."""
    return f"`{text}`" if text else ""


def sentence(docstring: str | None) -> str:
    """A docstring on one line."""
    return " ".join((docstring or "").split())
