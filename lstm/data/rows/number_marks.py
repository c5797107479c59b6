"""What a person should do about texts that are no numbers: other marks, or another way to write them."""

import re
from operator import ne

import numpy as np
import pyarrow as pa

from lstm.data.rows.numbers import numbers_from_text

Marks = tuple[str, str | None]  # decimal, thousands

# Those with fewer settings first, as these are advised first.
ALL_MARKS: tuple[Marks, ...] = (
    (".", None), (",", None), (".", ","), (",", "."), (".", " "), (",", " "), (".", "'"), (",", "'"), (".", "_"),
    (",", "_"),
)  # fmt: skip
LOOKED_AT = 20_000

_MIXED = "no source.decimal and source.thousands fit them all: write all with the same marks, "
_WRITTEN = (
    (r"\d\s*[-−]$", "write the minus in front of the number, "),
    (r"^[−–—]\s*\d", "write the minus as a hyphen, "),
    (r"^\(.*\d\s*\)$", "write a minus in front of the number instead of brackets around it, "),
    (r"[%‰]", "write percentages as plain numbers, and each of the column in the same way (5 or 0.05), "),
    (r"[$€£¥₹₽]|\b[A-Z]{3} ?[\d.,]+|\d ?(EUR|USD|GBP|CHF|JPY|CNY|INR|SEK|NOK|DKK|PLN)$", "leave out the currency, "),
    (r"^[+-]?[\d.,]*\d ?(°\w?|[^\W\d_]+[²³]?)$", "leave out the unit, "),
)


def number_advice(texts: pa.Array, bad: np.ndarray, decimal: str, thousands: str | None) -> str:
    """What to write, ending in a comma and a blank; empty where there is none.

    texts: U distinct ones of a column. bad: bool (U), those that are no numbers under the marks. Marks are named only
    where they make numbers of all texts that any marks make numbers of, each with what an example would then be.
    """
    chosen = np.concatenate([np.flatnonzero(bad)[:LOOKED_AT], np.flatnonzero(~bad)[:LOOKED_AT]])
    texts, bad = texts.take(pa.array(chosen)), bad[chosen]
    read = {marks: numbers_from_text(texts, *marks) for marks in ALL_MARKS}
    readable = ~np.logical_and.reduce([wrong for _, wrong in read.values()])
    if not (readable & bad).any():
        return _another_way(texts.filter(pa.array(bad)).to_pylist())
    fitting = {marks: _known(values) for marks, (values, wrong) in read.items() if not (wrong & readable).any()}
    current = (decimal, thousands)
    return _advice(_different_readings(fitting, current), current, texts, bad & readable) if fitting else _MIXED


def _known(values: pa.Array) -> np.ndarray:
    return np.asarray(values.to_numpy(zero_copy_only=False))


def _different_readings(fitting: dict[Marks, np.ndarray], current: Marks) -> dict[Marks, np.ndarray]:
    """Of marks that give the same numbers, those that are nearest to the ones that are set."""
    distinct: dict[bytes, Marks] = {}
    for marks in sorted(fitting, key=lambda marks: sum(map(ne, marks, current))):
        distinct.setdefault(fitting[marks].tobytes(), marks)
    return {marks: fitting[marks] for marks in distinct.values()}


def _advice(readings: dict[Marks, np.ndarray], current: Marks, texts: pa.Array, unread: np.ndarray) -> str:
    """`set source.decimal = "," if '1,299' means 1.299, or source.thousands = "," if it means 1299, `.

    current: the marks that are set. The example is a text of which the readings differ; where there is one reading
    only, it is a number that would become another one, or the first text that is none yet.
    """
    first, *further = readings.values()
    read_now = _known(numbers_from_text(texts, *current)[0])
    changed = np.isfinite(read_now) & (read_now != first)
    differing = np.logical_or.reduce([first != values for values in further]) & unread if further else changed
    place = int(np.argmax(differing)) if differing.any() else int(np.argmax(unread))
    shown = repr(texts[place].as_py().strip())
    parts: list[str] = []
    for marks, values in readings.items():
        parts.append(f"{_settings(marks, current)} if {'it' if parts else shown} means {values[place]:.15g}")
    return f"set {', or '.join(parts)}, "


def _settings(marks: Marks, current: Marks) -> str:
    """What of the marks differs from those that are set."""
    lines = [f'source.decimal = "{marks[0]}"'] if marks[0] != current[0] else []
    if marks[1] != current[1]:
        lines.append("no source.thousands" if marks[1] is None else f'source.thousands = "{marks[1]}"')
    return " and ".join(lines)


def _another_way(texts: list[str]) -> str:
    for form, advice in _WRITTEN:
        if any(re.search(form, text.strip()) for text in texts[:100]):
            return advice
    return ""
