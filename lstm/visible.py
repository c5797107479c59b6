"""Texts of users as a terminal, a log and a page may have them: what would act there is shown instead.

An id or a reason is anything that somebody typed or a table holds. A terminal obeys escape sequences in it (they clear
the screen, rename the window, colour what follows), and marks of writing direction turn a line around.
"""

import unicodedata

# Embeddings, overrides and isolates: https://www.unicode.org/reports/tr9/#Directional_Formatting_Characters.
DIRECTIONS = frozenset("\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
# Control characters (C0 and C1), halves of surrogate pairs, and separators of lines and paragraphs.
ACTING = frozenset(["Cc", "Cs", "Zl", "Zp"])
LAYOUT = frozenset("\n\t")


def visible(text: str) -> str:
    """The text with what a terminal would obey as Python writes it, such as `\\x1b`; lines and tabs stay."""
    if text.isprintable():
        return text
    return "".join(_shown(sign) if _acts(sign) and sign not in LAYOUT else sign for sign in text)


def visible_line(text: str) -> str:
    """The same on one line: an end of line is shown as `\\n`, too."""
    return visible(text).replace("\n", "\\n").replace("\t", "\\t")


def _acts(sign: str) -> bool:
    return sign in DIRECTIONS or unicodedata.category(sign) in ACTING


def _shown(sign: str) -> str:
    return sign.encode("unicode_escape").decode("ascii")
