"""What summaries are made of, as markdown for the Prefect UI; text means nothing to markdown or HTML."""

import re
from collections.abc import Iterable, Mapping, Sequence

from lstm.report.charts.style import LARGEST_SHOWN, data_uri, short, shrunk

LONGEST_TEXT = 600
SPECIAL = re.compile(r"([\\`*_\[\]|~$])")


def plain(text: str, longest: int = LONGEST_TEXT) -> str:
    """Text on one line and of bounded length."""
    line = short(text, longest).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return SPECIAL.sub(r"\\\1", line)


def part(heading: str, body: str) -> str:
    """A part with its heading, or nothing where there is nothing to tell."""
    return f"## {heading}\n\n{body}" if body else ""


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table; nothing without rows."""
    lines = [head, ["---"] * len(head), *([plain(cell) for cell in row] for row in rows)]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines) + "\n" if rows else ""


def listed(pairs: Iterable[tuple[str, str]]) -> str:
    """Names and values as a list, which folds where a table would leave a narrow window."""
    return "".join(f"- **{plain(name)}**: {plain(value)}\n" for name, value in pairs)


def places(locations: Mapping[str, str], links: Mapping[str, str]) -> str:
    """Where things are, as links where a browser can open them."""
    return "".join(
        f"- **{plain(name)}**: {_linked(plain(place), links.get(name))}\n" for name, place in locations.items()
    )


def _linked(text: str, link: str | None) -> str:
    return f"[{text}]({link})" if link is not None else text


def picture(png: bytes | None, alt: str, largest: int = LARGEST_SHOWN) -> str:
    """A picture as a data URI, the form that both UIs show, of at most `largest` bytes before it is text."""
    return f"![{alt}]({data_uri(shrunk(png, largest))})\n\n" if png is not None else ""
