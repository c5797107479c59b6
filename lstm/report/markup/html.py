"""What pages are made of, as HTML; all text is escaped here."""

import base64
from collections.abc import Iterable, Sequence
from html import escape

from lstm.report.markup.css import STYLE


def whole_page(title: str, heading: str, under: str, sections: Iterable[str]) -> str:
    """A page that needs nothing else, neither network nor script."""
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title)}</title>
<style>{STYLE}</style>
</head>
<body>
<main>
<header>
<h1>{escape(heading)}</h1>
<p>{escape(under)}</p>
</header>
{"".join(sections)}
</main>
</body>
</html>
"""


def section(heading: str, body: str) -> str:
    """A section, or nothing where there is nothing to tell. heading: empty for none."""
    if not body:
        return ""
    return f"<section>{f'<h2>{escape(heading)}</h2>' if heading else ''}{body}</section>\n"


def verdict(tone: str, state: str, sentence: str) -> str:
    """The first section. tone: `good`, `kept` or `bad`."""
    return (
        f'<section class="verdict {tone}"><span class="state">{escape(state)}</span>'
        f"<p>{escape(sentence)}</p></section>\n"
    )


def facts(pairs: Iterable[tuple[str, str]], tag: str = "span") -> str:
    """Names and values."""
    cells = (f"<div><dt>{escape(name)}</dt><dd><{tag}>{escape(value)}</{tag}></dd></div>" for name, value in pairs)
    return f'<dl class="facts">{"".join(cells)}</dl>'


def table(head: Sequence[str], rows: Sequence[Sequence[str]], style: str = "") -> str:
    """A table; nothing without rows. style: `numbers` sets all but the first column right."""
    if not rows:
        return ""
    titles = "".join(f"<th>{escape(text)}</th>" for text in head)
    lines = "".join(f"<tr>{''.join(f'<td>{escape(text)}</td>' for text in row)}</tr>" for row in rows)
    return (
        f'<div class="wide"><table class="{style}"><thead><tr>{titles}</tr></thead><tbody>{lines}</tbody></table></div>'
    )


def picture(png: bytes | None, alt: str) -> str:
    """A picture inside the page."""
    if png is None:
        return ""
    return f'<figure><img alt="{escape(alt)}" src="data:image/png;base64,{base64.b64encode(png).decode()}"></figure>'


def note(text: str) -> str:
    """A quiet paragraph."""
    return f'<p class="muted">{escape(text)}</p>'
