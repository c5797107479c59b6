"""Codes for a missing value: those that `source.missing` names, and numbers in a column that look like one."""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lstm.data.rows.distinct import distinct_values
from lstm.data.rows.numbers import numbers_from_text

# A number that stands for nothing stands there often; what is there once or twice may have been measured.
OFTEN = 3
MOST_CODES = 4
# 999, -99.9, 8888; of negative ones also -100 and -9000.
_DIGITS = re.compile(r"9{3,}(\.9+)?|8{3,}|7{3,}|-(9{2,}(\.\d+)?|[1-9]0{2,}|8{3,}|7{3,})")
# What integers of a fixed width hold last, and fills of scientific formats such as 9.97e36 and 1e20.
_LAST_INTEGERS = (32_767, 32_768, 65_535, 2_147_483_647, 2_147_483_648, 4_294_967_295)
_FILL = 1e15
_LARGEST_SINGLE = float(np.finfo(np.float32).max)


@dataclass(frozen=True)
class MissingCodes:
    """What `source.missing` names. words: texts as they are written. numbers: equal in value, however written."""

    words: tuple[str, ...]
    numbers: tuple[float, ...]

    @classmethod
    def of(cls, codes: Iterable[str]) -> Self:
        """Tells words from numbers; a number may be written with a point only."""
        texts = [code.strip() for code in codes]
        values = [numbers_from_text(pa.array([text], pa.string()))[0][0].as_py() for text in texts]
        is_number = [value is not None and text[-1].isdigit() for text, value in zip(texts, values, strict=True)]
        words = tuple(text for text, number in zip(texts, is_number, strict=True) if not number)
        return cls(words, tuple(value for value, number in zip(values, is_number, strict=True) if number))

    def taken_out(
        self, column: pa.ChunkedArray, decimal: str, thousands: str | None
    ) -> tuple[pa.ChunkedArray, Counter[str]]:
        """(a column of numbers or texts, null where a cell is a code; how many cells were each code).

        decimal, thousands: marks of numbers in texts. A number is found also where float32 has rounded it.
        """
        counts: Counter[str] = Counter()
        if not self.words and not self.numbers:
            return column, counts
        code, distinct = distinct_values(column)
        is_text = pa.types.is_string(distinct.type)
        values = (
            numbers_from_text(distinct, decimal, thousands)[0] if is_text else distinct.cast(pa.float64(), safe=False)
        )
        missing = np.zeros(len(distinct) + 1, bool)
        times = np.bincount(code[code >= 0], minlength=len(distinct))
        for number in self.numbers:
            rounded = float(np.float32(number)) if abs(number) < _LARGEST_SINGLE else number
            _count(counts, number_text(number), pc.is_in(values, pa.array([number, rounded])), times, missing)
        for word in self.words if is_text else ():
            _count(counts, word, pc.equal(pc.utf8_trim_whitespace(distinct), word), times, missing)
        if not counts:
            return column, counts
        gone = missing[code]
        if is_text:
            kept = pa.DictionaryArray.from_arrays(pa.array(code, mask=(code < 0) | gone), distinct)
            return pa.chunked_array([kept]), counts
        return pc.if_else(pa.array(gone), None, column), counts


def _count(counts: Counter[str], code: str, fits: pa.Array, times: np.ndarray, missing: np.ndarray) -> None:
    """Marks the distinct values (U) that fit a code. times: int (U), how often each is there. missing: bool (U + 1)."""
    places = np.flatnonzero(np.asarray(fits.fill_null(False), bool))
    missing[places] = True
    if often := int(times[places].sum()):
        counts[code] += often


def code_notes(counts: Counter[tuple[str, str]], where: str) -> tuple[str, ...]:
    """A sentence a column on its cells that were a code. counts: by (column, code). where: file, table or frame."""
    columns = dict.fromkeys(column for column, _ in counts)
    return tuple(
        f"{where}: cells of {column!r} that are missing by source.missing: "
        + ", ".join(f"{code!r} ({often:,})" for (name, code), often in counts.items() if name == column)
        for column in columns
    )


def suspected_codes(values: np.ndarray) -> dict[float, int]:
    """Numbers that may stand for a missing value, and how often each is there.

    A suspect is the lowest or highest value, is there OFTEN, is written as such codes are, and lies far outside: all
    others are positive and it is negative, or it is further from them than they are from each other.
    values: finite numbers in any order.
    """
    rest, suspects = values, dict[float, int]()
    while len(rest) and len(suspects) < MOST_CODES:
        ends = {float(rest.min()), float(rest.max())}
        often = {end: int((rest == end).sum()) for end in ends if _is_like_a_code(end, rest.dtype)}
        often = {end: count for end, count in often.items() if count >= OFTEN}
        if not often:
            break
        suspects |= often
        rest = rest[~np.isin(rest, list(often))]
    if not len(rest) or rest.min() == rest.max():
        return {}
    low, high = float(rest.min()), float(rest.max())
    return {
        value: count
        for value, count in suspects.items()
        if (value < 0 <= low) or max(low - value, value - high) > high - low
    }


def _is_like_a_code(value: float, dtype: np.dtype) -> bool:
    digits = number_text(value, single=dtype == np.float32)
    return bool(_DIGITS.fullmatch(digits)) or abs(value) in _LAST_INTEGERS or abs(value) >= _FILL


def number_text(value: float, *, single: bool = False) -> str:
    """A number as a code is written: `-200`, `999.9`. single: it was rounded to float32."""
    return f"{value:.7g}" if single else f"{value:.15g}"
