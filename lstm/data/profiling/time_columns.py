"""Which column is the time: one of several that could be, or several columns that are one time together."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lstm.data.profiling.columns import Column
from lstm.data.profiling.times import TimeReading, read_as_times
from lstm.data.timestamps.strptime import DAY_MICROS
from lstm.data.timestamps.time_parts import joined_parts
from lstm.errors import ConfigError, DataError

# A table with this many number columns and no time has a column a step.
WIDE = 10
NEARLY_ALL = 0.95
# A clock beside a date makes at least so many times as many times of it.
FINER = 1.5
# Stamps on a regular grid hold at least this share of it; those of single events hold less, by chance.
LEAST_SHARE_OF_GRID = 0.1

# What lies around a step lies within a fifth of it, and of a hundred readings one may meet another.
NEAR = 0.2
MOST_THAT_MEET = 0.01

_SECOND = 1_000_000
_STEPS = tuple(
    (f"{count if count > 1 else ''}{unit}", count * seconds)
    for unit, seconds, counts in (("min", 60, (1, 2, 5, 10, 15, 20, 30)), ("h", 3_600, (1, 2, 3, 4, 6, 8, 12)))
    for count in counts
)
_CLOCK = r"^([01]?\d|2[0-4])[:.][0-5]\d([:.][0-5]\d(\.\d+)?)?( ?[AaPp][Mm])?$"
_HOUR_WORDS = ("hour", "hours", "hr", "hrs", "h", "he", "stunde", "std", "uhrzeit", "hora", "heure", "time", "clock")
_CALENDAR_PARTS = (("year", "yr", "jahr"), ("month", "mnth", "mon", "monat"), ("day", "mday", "dom", "tag"))
_MINUTE_WORDS = ("minute", "minutes", "min", "mi")


@dataclass(frozen=True)
class GuessedTime:
    """The time column. others: columns that could be times too. parts: columns that are joined to it.

    from_one_to_24: so the hours among the parts count, which are named by their ends then.
    """

    column: Column
    reading: TimeReading
    others: tuple[Column, ...]
    parts: tuple[str, ...] = ()
    from_one_to_24: bool = False

    @property
    def period(self) -> int:
        """The commonest distance between neighbouring times, in microseconds or steps; a day at least for dates."""
        times = np.unique(self.reading.values[self.reading.fits])
        steps, counts = np.unique(np.diff(times), return_counts=True)
        return int(steps[np.argmax(counts)]) if len(steps) else DAY_MICROS


def guess_time(
    columns: Mapping[str, Column], table: pa.Table, wish: str | None, now: datetime | None = None
) -> GuessedTime:
    """The likeliest time column, and what belongs to it. table: the sample. wish: a column that the command line names.

    now: tells the century of years of two digits.

    Raises DataError where no column holds times, ConfigError where the named one does not.
    """
    stamps = [column for column in columns.values() if column.time is not None]
    counts = [column for column in columns.values() if column.count is not None and column.has_time_name]
    if wish is not None:
        column = column_of_option(columns, wish, "--time")
        others = tuple(candidate for candidate in stamps if candidate is not column)
        return _with_clock(GuessedTime(column, _read(column), others), columns, table, now)
    candidates = sorted(stamps, key=lambda column: (column.has_known_name, not column.has_time_name))
    if not candidates and (whole := _from_calendar_parts(columns, table)) is not None:
        return whole
    choices = candidates or [column for column in counts if not column.has_calendar_name] or counts
    if not choices:
        raise DataError(_no_time(columns))
    guessed = GuessedTime(choices[0], _read(choices[0]), tuple(choices[1:]))
    return _with_clock(_finest(guessed), columns, table, now)


def _read(column: Column) -> TimeReading:
    reading = column.time or column.count
    if reading is None:
        raise ConfigError(f"--time {column.name}: its values are no times that are known, and no integer steps")
    return reading


def column_of_option(columns: Mapping[str, Column], name: str, option: str) -> Column:
    """A column that the command line names."""
    if name not in columns:
        raise ConfigError(f"{option} {name}: there is no such column; there are {', '.join(columns)}")
    return columns[name]


def _no_time(columns: Mapping[str, Column]) -> str:
    steps = [column.name for column in columns.values() if column.is_number and _names_a_time(column.name)]
    if len(steps) > 1 or sum(column.is_number for column in columns.values()) >= WIDE:
        named = f", such as {steps[0]!r} and {steps[-1]!r}" if len(steps) > 1 else ""
        return (
            f"no column holds times, and there are {len(columns):,} columns{named}: the table is wide, with a column a "
            "step; bring it into the long form, a row for each series and time, with a column for the time (melt in "
            "pandas, unpivot in SQL)"
        )
    return (
        f"no column holds times that are known, among {', '.join(map(repr, columns))}; name one with --time, also "
        "where it holds integer steps"
    )


def _names_a_time(name: str) -> bool:
    return re.fullmatch(r"(1[89]|2[01])\d\d", name) is not None or read_as_times(pa.chunked_array([[name]])) is not None


def _finest(guessed: GuessedTime) -> GuessedTime:
    """The same, or a finer stamp of the same moments where it lies on a regular grid.

    Stamps of single events have no grid: the date is the time of such a table, and its rows are parts of a day.
    """
    candidates = (guessed.column, *guessed.others)
    same = [column for column in guessed.others if not column.has_known_name and _is_same(guessed.reading, column.time)]
    finest = max((guessed.column, *same), key=lambda column: _read(column).distinct)
    if finest is guessed.column or not _is_regular(_read(finest)):
        return guessed
    return GuessedTime(finest, _read(finest), tuple(column for column in candidates if column is not finest))


def _is_same(first: TimeReading, second: TimeReading | None) -> bool:
    """True where one of two columns is the date of the other, in whatever zone."""
    if second is None or "integer" in (first.kind, second.kind):
        return False
    both = first.fits & second.fits
    apart = np.abs(first.values[both] - second.values[both])
    margin = DAY_MICROS if "aware" in (first.kind, second.kind) else 0
    return len(apart) > 0 and bool((apart < DAY_MICROS + margin).mean() >= NEARLY_ALL)


def _is_regular(reading: TimeReading) -> bool:
    times = np.unique(reading.values[reading.fits])
    steps, counts = np.unique(np.diff(times), return_counts=True)
    if not len(steps):
        return False
    step = int(steps[np.argmax(counts)])
    multiples = float(counts[steps % step == 0].sum()) / int(counts.sum())
    return multiples >= NEARLY_ALL and len(times) >= LEAST_SHARE_OF_GRID * ((times[-1] - times[0]) // step + 1)


def _with_clock(
    guessed: GuessedTime, columns: Mapping[str, Column], table: pa.Table, now: datetime | None
) -> GuessedTime:
    """The same, or its dates with the clock of another column, where that makes more times of them."""
    if guessed.reading.kind != "date":
        return guessed
    for column in columns.values():
        if column is guessed.column or not _is_clock(column, table[column.name]):
            continue
        joined = _joined(table, (guessed.column.name, column.name), now)
        if joined is not None and joined.distinct >= FINER * guessed.reading.distinct:
            others = tuple(other for other in guessed.others if other is not column)
            return GuessedTime(guessed.column, joined, others, (column.name,), _from_one_to_24(table[column.name]))
    return guessed


def _is_clock(column: Column, cells: pa.ChunkedArray) -> bool:
    if pa.types.is_string(cells.type):
        texts = pc.utf8_trim_whitespace(pc.unique(cells).drop_null())
        if len(texts) > 1 and pc.mean(pc.match_substring_regex(texts, _CLOCK)).as_py() >= NEARLY_ALL:
            return True
    return column.is_called(_HOUR_WORDS) and _is_within(column, 0, 24)


def _is_within(column: Column, low: int, high: int) -> bool:
    if not column.is_whole or column.values is None:
        return False
    return bool(low <= np.nanmin(column.values) and np.nanmax(column.values) <= high)


def _from_calendar_parts(columns: Mapping[str, Column], table: pa.Table) -> GuessedTime | None:
    """A time of columns for year, month and, where there are such, day, hour and minute."""
    named = [_called(columns, words) for words in _CALENDAR_PARTS]
    year, month, day = named
    if year is None or month is None or not _is_within(year, 1000, 2999) or not _is_within(month, 1, 12):
        return None
    parts = [month]
    smaller = (day, _called(columns, _HOUR_WORDS), _called(columns, _MINUTE_WORDS))
    for column, (low, high) in zip(smaller, ((1, 31), (0, 24), (0, 59)), strict=True):
        if column is None or not _is_within(column, low, high):
            break
        parts.append(column)
    names = (year.name, *(column.name for column in parts))
    joined = _joined(table, names, None)
    ends = len(parts) > 2 and _from_one_to_24(table[parts[2].name])
    return None if joined is None else GuessedTime(year, joined, (), names[1:], ends)


def _from_one_to_24(clock: pa.ChunkedArray) -> bool:
    texts = joined_parts([clock]).cast(pa.string())
    last, first = (pc.any(pc.match_substring_regex(texts, f"^{hour}([:.]|$)")).as_py() for hour in ("24", "0?0"))
    return bool(last and not first)


def _called(columns: Mapping[str, Column], words: Sequence[str]) -> Column | None:
    return next((column for column in columns.values() if column.words in ([word] for word in words)), None)


def _joined(table: pa.Table, names: Sequence[str], now: datetime | None) -> TimeReading | None:
    return read_as_times(joined_parts([table[name] for name in names]).cast(pa.string()), now)


def nearest_step(reading: TimeReading, series: np.ndarray) -> tuple[str, str] | None:
    """(the frequency of readings that lie around regular times, and why); None where they are on a grid, or on none.

    Rounded to the nearest of these times no two readings of a series meet, or nearly none. series: int (R).
    """
    if reading.kind not in ("naive", "aware") or _is_regular(reading):
        return None
    rows = np.flatnonzero(reading.fits)
    order = rows[np.lexsort((reading.values[rows], series[rows]))]
    distances = np.diff(reading.values[order])[np.diff(series[order]) == 0]
    middle = float(np.median(distances)) if len(distances) else 0.0
    alias, step = min(_STEPS, key=lambda known: abs(known[1] * _SECOND - middle))
    step *= _SECOND
    if abs(step - middle) > NEAR * step:
        return None
    near = np.abs(distances - np.round(distances / step) * step) <= 2 * NEAR * step
    met, met_by_floor = (
        len(rows) - len(np.unique(np.stack([series[rows], (reading.values[rows] + offset) // step]), axis=1).T)
        for offset in (step // 2, 0)
    )
    if near.mean() < NEARLY_ALL or met > MOST_THAT_MEET * len(rows):
        return None
    return alias, f"times lie around steps of {alias}; {met:,} meet at the nearest one, {met_by_floor:,} by floor"
