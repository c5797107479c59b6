"""The text of a pipeline file from guessed settings: valid TOML, a reason behind every line."""

import json
import textwrap
from collections.abc import Iterable, Sequence

from lstm.data.profiling.setting import Setting, Value

WIDTH = 120
COLUMN = 40  # where reasons begin
LONGEST_COLUMN = 64


def pipeline_text(head: Sequence[str], tables: Sequence[tuple[str, Sequence[Setting]]]) -> str:
    """A pipeline file as text.

    head: lines of the comment at the top. tables: (name, settings), "" for what is outside of any table.
    """
    parts = ["\n".join(_comment(line) for line in head)]
    for name, settings in tables:
        title = [f"[{name}]"] if name else []
        parts.append("\n".join([*title, *_lines(settings)]))
    return "\n\n".join(parts) + "\n"


def _lines(settings: Sequence[Setting]) -> Iterable[str]:
    """Reasons stand behind their lines, in one column, or above where they would run over the edge."""
    codes = [f"{'' if setting.written else '# '}{setting.name} = {toml_value(setting.value)}" for setting in settings]
    reasons = [printable(setting.why) for setting in settings]
    behind = [
        bool(reason) and len(code) + 2 <= LONGEST_COLUMN and max(len(code) + 2, COLUMN) + len(reason) + 2 <= WIDTH
        for code, reason in zip(codes, reasons, strict=True)
    ]
    column = max((len(code) + 2 for code, fits in zip(codes, behind, strict=True) if fits), default=COLUMN)
    for code, reason, fits in zip(codes, reasons, behind, strict=True):
        if fits:
            yield f"{code:<{max(column, COLUMN)}}# {reason}"
        else:
            yield from (f"# {line}" for line in textwrap.wrap(reason, WIDTH - 2, break_on_hyphens=False))
            yield code


def toml_value(value: Value) -> str:
    """A string, number or array of strings as TOML writes it."""
    if isinstance(value, str):
        # JSON escapes what a basic string of TOML has to, except DEL.
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, tuple):
        return f"[{', '.join(toml_value(item) for item in value)}]"
    return str(value)


def printable(text: str) -> str:
    """Text without line breaks and control characters, as a comment needs it."""
    return "".join(letter if letter.isprintable() else " " for letter in text)


def _comment(line: str) -> str:
    return f"# {printable(line)}".rstrip()
