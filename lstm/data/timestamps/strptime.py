"""strptime formats, read for whole columns.

Names of months are English whatever the locale, `%q` is a quarter, and an ISO week without a weekday is its Monday;
Python knows none of this.
"""

import re
from functools import lru_cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lstm.errors import ConfigError

DAY_MICROS = 86_400_000_000
MICROS = pa.timestamp("us")
INSTANT = pa.timestamp("us", tz="UTC")
POSIX_FIRST_YEAR = 1969  # 69 is 1969, and 68 is 2068

_DIRECTIVES = {
    "Y": r"\d{4}", "G": r"\d{4}", "y": r"\d{2}", "q": r"[1-4]", "u": r"[1-7]",
    "m": r"\d{1,2}", "d": r"\d{1,2}", "H": r"\d{1,2}", "I": r"\d{1,2}", "M": r"\d{1,2}", "S": r"\d{1,2}",
    "V": r"\d{1,2}", "j": r"\d{1,3}", "f": r"\d{1,9}",
    "b": r"[A-Za-z]{3,9}\.?", "a": r"[A-Za-z]{2,9}\.?", "p": r"[AaPp]\.?[Mm]\.?",
    "z": r" ?(?:Z|[+-](?:0\d|1[0-4])(?::?[0-5]\d)?)", "Z": r"(?:UTC|GMT|Z)",
}  # fmt: skip
_WIDTHS = {"m": 2, "d": 2, "H": 2, "I": 2, "M": 2, "S": 2, "V": 2, "j": 3, "Y": 4, "G": 4, "y": 2, "q": 1, "u": 1}
_LONG_NAMES = {"B": "b", "h": "b", "A": "a"}
_MONTHS = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
    "december",
)  # fmt: skip
_MONTH_OF_NAME = {name: month for month, full in enumerate(_MONTHS, 1) for name in (full, full[:3])} | {"sept": 9}


def read_format(values: pa.Array, layout: str, first_year: int = POSIX_FIRST_YEAR) -> pa.Array:
    """timestamp[us] of U texts or integers, in UTC where the format has offsets; null where it does not fit.

    first_year: of the hundred years that two digits stand for. Raises ConfigError for a layout that is no format.
    """
    parts = pc.extract_regex(_as_text(values, layout), f"^{format_pattern(layout)}$")
    return read_parts(parts, aware=bool({"z", "Z"} & set(parts.type.names)), first_year=first_year)


def _as_text(values: pa.Array, layout: str) -> pa.Array:
    """Integers as digits; leading zeros that a number cannot keep come back."""
    if not pa.types.is_integer(values.type):
        return values
    width = sum(_WIDTHS.get(letter, 0) for letter in re.findall("%(.)", layout))
    return pc.utf8_lpad(values.cast(pa.string()), width, "0")


@lru_cache(maxsize=64)
def format_pattern(layout: str) -> str:
    """Regular expression of a strptime format; its groups are named by directive. Raises ConfigError."""
    pieces = re.findall(r"%.|\s+|.", layout, re.DOTALL)
    letters = [_LONG_NAMES.get(piece[1], piece[1]) if piece[0] == "%" and len(piece) == 2 else "" for piece in pieces]
    _check_directives(layout, [letter for letter in letters if letter not in ("", "%")])
    pattern = ""
    for index, (piece, letter) in enumerate(zip(pieces, letters, strict=True)):
        beside = {letters[index - 1] if index else "", letters[index + 1] if index + 1 < len(letters) else ""}
        if letter in _DIRECTIVES:
            # Without a separator a lost zero would move the borders between day, month and year.
            tight = letter in _WIDTHS and beside & {*_WIDTHS, "f"}
            pattern += f"(?P<{letter}>" + (rf"\d{{{_WIDTHS[letter]}}}" if tight else _DIRECTIVES[letter]) + ")"
        else:
            pattern += r"\s+" if piece.isspace() else f"(?i:{re.escape(piece[-1])})"
    return pattern


def _check_directives(layout: str, letters: list[str]) -> None:
    unknown = [letter for letter in letters if letter not in _DIRECTIVES]
    has = set(letters)
    wrong = (
        f"%{unknown[0]} is not known" if unknown
        else "a directive comes twice" if len(has) < len(letters)
        else "it has no year" if not has & {"Y", "y", "G"}
        else "%G (year) and %V (week) of ISO weeks go together" if ("G" in has) != ("V" in has)
        else "%d needs a month" if "d" in has and not has & {"m", "b"}
        else "%I needs %p (AM or PM)" if "I" in has and "p" not in has
        else ""
    )  # fmt: skip
    if wrong:
        raise ConfigError(
            f'source.time_format = {layout!r} is no format of times: {wrong}; give one such as "%d.%m.%Y %H:%M", '
            '"%q-%Y" (quarters), "%G-W%V" (weeks), or excel, unix or unix_ms for numbers'
        )


def read_parts(parts: pa.StructArray, *, aware: bool, first_year: int = POSIX_FIRST_YEAR) -> pa.Array:
    """timestamp[us] of texts that were taken apart, in UTC where aware; null where they are no time of any calendar.

    parts: fields are named by directive, and empty where a text has none; null where a text did not fit.
    """
    fields = {name: parts.field(name) for name in parts.type.names}
    day, day_exists = _day(fields, first_year)
    micros, time_exists = _time_of_day(fields)
    for name in ("z", "Z"):
        if name in fields:
            micros = micros - _offset(fields[name])
    exists = np.asarray(parts.is_valid()) & day_exists & time_exists
    return pa.array(day * DAY_MICROS + micros, pa.int64(), mask=~exists).cast(INSTANT if aware else MICROS)


Fields = dict[str, pa.Array]


def _number(fields: Fields, name: str, default: int) -> np.ndarray:
    """int64 (U): the integers of a field, the default where a text has none."""
    length = len(next(iter(fields.values())))
    if name not in fields:
        return np.full(length, default, np.int64)
    texts = fields[name]
    known = pc.if_else(pc.equal(texts, ""), None, texts).cast(pa.int64())
    return np.asarray(known.fill_null(default))


def _day(fields: Fields, first_year: int) -> tuple[np.ndarray, np.ndarray]:
    """(int64 (U) days since 1970, bool (U) where the day exists)."""
    if "G" in fields:
        return _day_of_iso_week(_number(fields, "G", 1), _number(fields, "V", 1), _number(fields, "u", 1))
    year = _number(fields, "Y", 1)
    if "y" in fields:
        year = first_year + (_number(fields, "y", 0) - first_year) % 100
    month = _month(fields)
    day = _number(fields, "d", 1)
    months = ((year - 1970) * 12 + month - 1).astype("datetime64[M]")
    # The first day of the month and of the next one, between which a day of the month, or of the year, has to lie.
    first, after = (starts.astype("datetime64[D]").astype(np.int64) for starts in (months, months + 1))
    exists = (year >= 1) & (month >= 1) & (month <= 12) & (day >= 1) & (day <= after - first)
    days = first + day - 1
    if "j" in fields:
        days = first + _number(fields, "j", 1) - 1
        exists &= (days >= first) & (_year(days) == year)
    return days, exists


def _year(days: np.ndarray) -> np.ndarray:
    return np.asarray(days.astype("datetime64[D]").astype("datetime64[Y]").astype(np.int64) + 1970)


def _month(fields: Fields) -> np.ndarray:
    if "q" in fields:
        return _number(fields, "q", 1) * 3 - 2
    if "b" not in fields:
        return _number(fields, "m", 1)
    name = pc.utf8_lower(pc.utf8_rtrim(fields["b"], "."))
    place = np.asarray(pc.index_in(name, value_set=pa.array(list(_MONTH_OF_NAME))).fill_null(-1))
    return np.asarray(np.append(list(_MONTH_OF_NAME.values()), 0)[place])


def _day_of_iso_week(year: np.ndarray, week: np.ndarray, weekday: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """`_day` for ISO weeks: week 1 is the one with 4 January, and a week is of the year that its Thursday is of."""
    fourth = (year - 1970).astype("datetime64[Y]").astype("datetime64[D]").astype(np.int64) + 3
    monday = fourth - (fourth + 3) % 7 + (week - 1) * 7
    return monday + weekday - 1, (_year(monday + 3) == year) & (week >= 1) & (year >= 1)


def _time_of_day(fields: Fields) -> tuple[np.ndarray, np.ndarray]:
    """(int64 (U) microseconds, bool (U) where the time of day exists)."""
    hour = _number(fields, "I" if "I" in fields else "H", 0)
    minute, second = _number(fields, "M", 0), _number(fields, "S", 0)
    # 24:00 is the end of a day, as ISO 8601 has it, and the label of its last hour where hours count from 1 to 24.
    exists = ((hour < 24) | ((hour == 24) & (minute + second == 0))) & (minute < 60) & (second < 60)
    if "p" in fields:
        half = pc.utf8_lower(fields["p"])
        twelve = np.asarray(pc.not_equal(half, "").fill_null(False))
        exists &= ~twelve | ((hour >= 1) & (hour <= 12))
        afternoon = np.asarray(pc.starts_with(half, "p").fill_null(False))
        hour = np.where(twelve, hour % 12 + 12 * afternoon, hour)
    micros = ((hour * 60 + minute) * 60 + second) * 1_000_000
    if "f" in fields:
        micros = micros + _number({"f": pc.utf8_slice_codeunits(pc.utf8_rpad(fields["f"], 6, "0"), 0, 6)}, "f", 0)
    return micros, exists


def _offset(texts: pa.Array) -> np.ndarray:
    """int64 (U): microseconds of offsets such as `+05:30`, `-0800`, `+01`, `Z`, `UTC`."""
    parts = pc.extract_regex(texts, r"(?P<sign>[+-])(?P<hours>\d\d):?(?P<minutes>\d\d)?")
    fields = {name: parts.field(name).fill_null("") for name in parts.type.names}
    minutes = _number(fields, "hours", 0) * 60 + _number(fields, "minutes", 0)
    back = np.asarray(pc.equal(fields["sign"], "-").fill_null(False))
    return np.asarray(np.where(back, -minutes, minutes) * 60_000_000)
