"""A page of HTML as a browser sees it, and names that must mean nothing to it."""

from html.parser import HTMLParser

HOSTILE = '<script>alert("x")</script>&amp;\'"><img src=http://a.b/c onerror=alert(1)>'
SCRIPT = "<script>alert(1)</script>"
EMPTY = {"meta", "img", "br", "hr", "link", "input"}


class Page(HTMLParser):
    """What a browser would see: tags with attributes, text, and tags that were left open."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.seen = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in EMPTY:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if not self.open or self.open[-1] != "style":
            self.seen += data + " "

    def alternatives(self) -> list[str]:
        """What each picture says to those who do not see it."""
        return [str(attributes.get("alt") or "") for tag, attributes in self.tags if tag == "img"]
