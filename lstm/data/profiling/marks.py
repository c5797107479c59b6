"""Decimal and thousands marks of a CSV, from the texts of its columns; a guess, so it comes with its reason."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lstm.data.rows.number_marks import ALL_MARKS, Marks
from lstm.data.rows.numbers import NULL_TEXTS, numbers_from_text

FITTING_SHARE = 0.95
LOOKED_AT = 20_000
COLUMNS_LOOKED_AT = 200

Texts = Mapping[str, pa.Array]  # distinct texts by column


@dataclass(frozen=True)
class GuessedMarks:
    """How numbers are written. why: an example, and what else it could be; empty where it cannot matter.

    rival: marks that explain the numbers as well and make others of them, so that only a person knows.
    """

    decimal: str = "."
    thousands: str | None = None
    why: str = ""
    rival: "GuessedMarks | None" = None


def guess_marks(columns: Mapping[str, pa.ChunkedArray], separator: str | None = None) -> GuessedMarks:
    """The marks that make numbers of most columns of text.

    Of several that do, groups of thousands are believed where numbers below a thousand are written without a mark and
    all others with it; otherwise the plainest marks are taken.
    """
    texts = {name: _filled(column) for name, column in islice(columns.items(), COLUMNS_LOOKED_AT)}
    readable = {marks: {name: texts[name] for name in texts if _fits(texts[name], marks)} for marks in ALL_MARKS}
    best = max(ALL_MARKS, key=lambda marks: (len(readable[marks]), *_belief(readable[marks], marks, separator)))
    if best == (".", None) and not _has_groups(readable[best], "."):
        return GuessedMarks()
    rivals = [marks for marks in ALL_MARKS if readable[marks].keys() == readable[best].keys()]
    example = _example(readable[best], best)
    # A point is what a CSV writes; semicolons are what it has where commas, and so maybe points, are used otherwise.
    sure = (best == (".", None) and separator != ";") or (
        best[1] is not None and _small_ones_are_bare(readable[best], best[1])
    )
    return GuessedMarks(*best, _reason(example, best, rivals), None if sure else _rival(example, best, rivals))


def _filled(column: pa.ChunkedArray) -> pa.Array:
    """Distinct texts that are not null words."""
    texts = pc.utf8_trim_whitespace(column.unique().cast(pa.string()).drop_null()[:LOOKED_AT])
    return texts.filter(pc.invert(pc.is_in(texts, value_set=pa.array(NULL_TEXTS))))


def _fits(texts: pa.Array, marks: Marks) -> bool:
    if not len(texts):
        return False
    _, bad = numbers_from_text(texts, *marks)
    return float(np.mean(~bad)) >= FITTING_SHARE


def _belief(texts: Texts, marks: Marks, separator: str | None) -> tuple[float, int]:
    """How well marks explain the columns that they read, then how plain they are."""
    plainness = -ALL_MARKS.index(marks)
    thousands = marks[1]
    if thousands is None:
        return 1.0, plainness
    if not _has_groups(texts, thousands):
        return 0.0, plainness
    if _small_ones_are_bare(texts, thousands):
        return 2.0, plainness
    # A quoted comma in a file of commas groups digits; a decimal comma would hardly be separated by commas.
    return (1.5 if thousands == "," == separator else 0.0), plainness


def _with(texts: Texts, mark: str, *, marked: bool = True) -> pa.ChunkedArray:
    """Texts that have a mark, or those that have none in columns where others have it."""
    parts = []
    for values in texts.values():
        has = pc.match_substring(values, mark)
        if pc.any(has).as_py():
            parts.append(values.filter(has if marked else pc.invert(has)))
    return pa.chunked_array(parts, pa.string())


def _has_groups(texts: Texts, mark: str) -> bool:
    """True where a mark occurs, and only so that it could be one between thousands."""
    marked = _with(texts, mark)
    grouped = rf"^[+-]?[1-9]\d{{0,2}}([{mark}]\d{{2,3}})*[{mark}]\d{{3}}([^\d{mark}].*)?$"
    return len(marked) > 0 and bool(pc.all(pc.match_substring_regex(marked, grouped)).as_py())


def _small_ones_are_bare(texts: Texts, mark: str) -> bool:
    bare = _with(texts, mark, marked=False)
    small = pc.match_substring_regex(bare, r"^[+-]?\d{1,3}([^\d].*)?$")
    return len(bare) > 0 and bool(pc.all(small).as_py())


def _example(texts: Texts, marks: Marks) -> str:
    """A number that shows the most of the marks."""
    shown = [
        text for values in texts.values() for text in values[:1_000].to_pylist() if _value(text, marks) is not None
    ]
    return max(shown, key=lambda text: sum(mark in text for mark in marks if mark is not None), default="")


def _value(text: str, marks: Marks) -> float | None:
    value: float | None = numbers_from_text(pa.array([text]), *marks)[0][0].as_py()
    return value


def _rival(example: str, best: Marks, rivals: list[Marks]) -> GuessedMarks | None:
    readings = ((marks, _value(example, marks)) for marks in rivals)
    value = _value(example, best)
    rival = next(((marks, other_value) for marks, other_value in readings if other_value not in (value, None)), None)
    return None if rival is None else GuessedMarks(*rival[0], f"{example} is read as {rival[1]:.15g}")


def _reason(example: str, best: Marks, rivals: list[Marks]) -> str:
    value = _value(example, best)
    if value is None or not any(mark in example for mark in best if mark is not None):
        return ""
    other_values = {_value(example, marks) for marks in rivals} - {value, None}
    doubt = "".join(f"; look whether {other_value:.15g} is meant" for other_value in sorted(filter(None, other_values)))
    return f"{example} is read as {value:.15g}{doubt}"
