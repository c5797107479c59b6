"""Texts of users in which a terminal finds nothing to obey."""

import pytest

from lstm.visible import visible, visible_line


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Cable [m]", "Cable [m]"),
        ("\x1b[2J\x1b]0;title\x07", r"\x1b[2J\x1b]0;title\x07"),
        ("\x9b31m red", r"\x9b31m red"),  # the one-byte form of the same sequence
        ("100\r200\b", r"100\r200\x08"),
        ("abc\u202egpj.exe", r"abc\u202egpj.exe"),
        ("half \ud83d", r"half \ud83d"),
        ("a\u2028b", r"a\u2028b"),
        ("Größe 10\u00a0kg, 東京, 👩\u200d🔬", "Größe 10\u00a0kg, 東京, 👩\u200d🔬"),
        ("first\n\tsecond", "first\n\tsecond"),
    ],
)
def test_what_acts_on_a_terminal_is_shown_and_the_rest_stays(text, shown):
    """Control characters as Python writes them (ECMA-48 lists them); letters of any language are as they were."""
    assert visible(text) == shown


def test_a_cell_keeps_to_its_line():
    """An id that holds an end of line makes no second row of a table."""
    assert visible_line("a\nb\tc") == r"a\nb\tc"
