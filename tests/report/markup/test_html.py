"""Templates of pages."""

import pytest
from html_pages import SCRIPT, Page
from jinja2 import UndefinedError

from lstm.report.markup.html import _templates, render


def filled(call: str, **values: object) -> str:
    """A call of a macro as HTML."""
    template = '{% from "macros.html.j2" import facts, note, picture, section, table, verdict %}' + call
    return _templates().from_string(template).render(values)


@pytest.mark.parametrize(
    ("call", "count"),
    [
        ("{{ facts([(name, name)]) }}", 2),
        ("{{ note(name) }}", 1),
        ("{{ picture(none, name) }}{{ picture(png, name) }}", 1),
        ("{% call section(name) %}{{ name }}{% endcall %}", 2),
        ("{{ table([name], [[name], [(name, name)]], name, name) }}", 6),
        ("{{ verdict(name, name, name) }}", 3),
    ],
)
def test_every_text_of_a_macro_is_escaped(call: str, count: int) -> None:
    """Law: a template prints no text as it came, neither in the page nor in an attribute."""
    text = filled(call, name=SCRIPT, png=b"x")
    assert "<script" not in text
    assert text.count("&lt;script&gt;alert(1)&lt;/script&gt;") == count


@pytest.mark.parametrize(
    "call",
    [
        '{% call section("Gates") %}{{ table(["gate"], []) }}{{ picture(none, "gates") }}{{ note("") }}{% endcall %}',
        '{{ table(["gate"], [], heading="by gate") }}',
    ],
)
def test_what_has_nothing_to_tell_is_left_out(call: str) -> None:
    """Neither a heading without anything below it, nor the head of a table without rows."""
    assert filled(call).strip() == ""


def test_a_cell_may_have_a_class() -> None:
    """The outcome of a gate has a colour, its other cells have none."""
    page = Page(filled('{{ table(["gate", "outcome"], [["coverage", ("failed", "bad")]], "numbers") }}'))
    assert [attributes for tag, attributes in page.tags if tag in ("table", "td")] == [
        {"class": "numbers"},
        {},
        {"class": "bad"},
    ]


def test_a_value_that_a_template_misses_is_an_error() -> None:
    """A page with a hole would pass for one with nothing to tell."""
    with pytest.raises(UndefinedError, match="'tone' is undefined"):
        render("report.html.j2", title="", heading="", subtitle="")
