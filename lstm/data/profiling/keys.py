"""Which columns tell series apart."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from lstm.data.profiling.columns import Column
from lstm.data.profiling.time_columns import NEARLY_ALL, GuessedTime, column_of_option

# A key that leaves this share of rows without a place of their own is still the key; the rows are repeated.
REPEATED_SHARE = 0.01
MOST_KEY_COLUMNS = 4
LEAST_SHARE_OF_GRID = 0.1
MOST_CANDIDATES = 8
LOW_CARDINALITY = 1_000
MOSTLY = 0.5


@dataclass(frozen=True)
class GuessedKey:
    """Columns that tell series apart. series: int64 (R). count: of series, rows without an id left out.

    repeated: positions of rows that share series and time with one before. equal: those are the same in every column.
    also: columns that would tell the same series apart.
    """

    names: tuple[str, ...]
    series: np.ndarray
    count: int
    repeated: np.ndarray
    equal: bool
    known_at: str | None = None
    also: tuple[str, ...] = ()


def guess_key(columns: Mapping[str, Column], time: GuessedTime, wishes: Sequence[str], *, whole: bool) -> GuessedKey:
    """The smallest set of columns that leaves (nearly) no two rows with one series and time.

    whole: the sample is the whole table. wishes: columns that the command line names.
    """
    rows = time.reading.fits
    if wishes:
        chosen: tuple[Column, ...] = tuple(column_of_option(columns, name, "--series") for name in wishes)
        return _key(columns, chosen, time, ())
    texts, integers = _candidates(columns, time)
    chosen = _smallest(texts, time, rows)
    share = _repeated(chosen, time, rows) / max(int(rows.sum()), 1)
    if share > REPEATED_SHARE and _version_column(chosen, time) is None:
        wider = _smallest([*texts, *integers], time, rows)
        chosen = wider if _share_of_grid(wider, time, rows) >= LEAST_SHARE_OF_GRID else chosen
    chosen = _with_filled(_without_attributes(chosen, time, rows), texts, rows)
    if not chosen:
        chosen = _blocks(texts, time, whole=whole) or _only_id(columns, time)
    also = tuple(
        other.name
        for other in texts
        if other not in chosen and len(chosen) == 1 and _tell_same_apart(other, chosen[0], rows)
    )
    return _key(columns, chosen, time, also)


def _candidates(columns: Mapping[str, Column], time: GuessedTime) -> tuple[list[Column], list[Column]]:
    """(columns of text and ids, other columns of few integers), the likeliest first."""
    rows = int(time.reading.fits.sum())
    remaining = [column for column in columns.values() if column is not time.column and column.time is None]
    repeated = [column for column in remaining if 0 < column.distinct <= max(rows // 2, 1)]
    texts = [
        column
        for column in repeated
        if column.values is None or (column.is_whole and column.has_id_name and not column.truth)
    ]
    few = [
        column for column in repeated
        if column not in texts and column.is_whole and 1 < column.distinct <= min(LOW_CARDINALITY, rows // 4)
        and not column.has_target_name
    ]  # fmt: skip
    if sum(column.is_number for column in remaining if column not in texts) < 2:
        few = []  # something has to be left to forecast
    texts.sort(key=lambda column: (not column.has_id_name, column.values is not None))
    return texts[:MOST_CANDIDATES], [column for column in few if not column.has_calendar_name][:MOST_CANDIDATES]


def _smallest(candidates: Sequence[Column], time: GuessedTime, rows: np.ndarray) -> tuple[Column, ...]:
    least = _repeated(candidates, time, rows)
    allowed = least + REPEATED_SHARE * rows.sum()
    for size in range(MOST_KEY_COLUMNS + 1):
        fitting = [key for key in combinations(candidates, size) if _repeated(key, time, rows) <= allowed]
        if fitting:
            return min(fitting, key=lambda key: _repeated(key, time, rows))
    return tuple(candidates)


def _without_attributes(key: tuple[Column, ...], time: GuessedTime, rows: np.ndarray) -> tuple[Column, ...]:
    """The key without texts that change from row to row, such as the weather: most times have one row without them.

    A name that tells things apart is believed.
    """
    for column in key:
        others = tuple(other for other in key if other is not column)
        few = _repeated(others, time, rows) < MOSTLY * rows.sum()
        if not column.has_id_name and few and _share_of_spans(key, time, rows) < MOSTLY:
            return _without_attributes(others, time, rows)
    return key


def _with_filled(key: tuple[Column, ...], texts: Sequence[Column], rows: np.ndarray) -> tuple[Column, ...]:
    """The key, with a column that is filled where all of its own are empty, and splits no series; see `empty_ids`.

    The rows without a key are as many as a series has: a few are lost ids, and no series.
    """
    empty = np.all([column.code[rows] < 0 for column in key], axis=0) if key else np.zeros(0, bool)
    if not empty.any():
        return key
    series = _codes(key, rows)[rows]
    usual = float(np.median(np.unique(series[~empty], return_counts=True)[1])) if not empty.all() else 0.0
    for column in texts:
        code = column.code[rows]
        filled = column not in key and column.distinct > 1 and (code[empty] >= 0).all()
        enough = empty.sum() >= MOSTLY * usual * len(np.unique(code[empty]))
        if filled and enough and len(np.unique(np.stack([series, code]), axis=1).T) == len(np.unique(series)):
            return (*key, column)
    return key


def _share_of_spans(key: Sequence[Column], time: GuessedTime, rows: np.ndarray) -> float:
    """Share of the table's times, from the first to the last of each series, at which the series has a row."""
    series = np.unique(_codes(key, rows)[rows], return_inverse=True)[1]
    moment = np.unique(time.reading.values[rows], return_inverse=True)[1]
    count = int(series.max(initial=-1)) + 1
    first, last = np.full(count, np.iinfo(np.int64).max), np.full(count, -1)
    np.minimum.at(first, series, moment)
    np.maximum.at(last, series, moment)
    return len(np.unique(_places(key, time, rows))) / max(int((last - first + 1).sum()), 1)


def _share_of_grid(key: Sequence[Column], time: GuessedTime, rows: np.ndarray) -> float:
    """Share of pairs of series and time that have a row: high for an id, low for a quantity that differs by chance."""
    series, times = (len(np.unique(codes[rows])) for codes in (_codes(key, rows), time.reading.values))
    return float(rows.sum()) / max(series * times, 1)


def _codes(columns: Iterable[Column], rows: np.ndarray) -> np.ndarray:
    """int64 (R): equal where all the columns are."""
    # Made dense after each column, so that the product of many columns does not overflow; a missing value is a value.
    code = np.zeros(len(rows), np.int64)
    for column in columns:
        code = np.unique(code * (column.distinct + 1) + column.code + 1, return_inverse=True)[1]
    return code


def _places(columns: Iterable[Column], time: GuessedTime, rows: np.ndarray) -> np.ndarray:
    """int64 (R, of `rows` only): equal where series and time are."""
    moment = np.unique(time.reading.values, return_inverse=True)[1]
    return np.asarray((_codes(columns, rows) * (int(moment.max(initial=0)) + 1) + moment)[rows])


def _repeated(columns: Iterable[Column], time: GuessedTime, rows: np.ndarray) -> int:
    return len(_again(_places(columns, time, rows), rows))


def _again(places: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """int64: positions of the rows whose place a row before has."""
    first = np.unique(places, return_index=True)[1]
    return np.asarray(np.flatnonzero(rows)[np.delete(np.arange(len(places)), first)])


def _version_column(key: Sequence[Column], time: GuessedTime) -> Column | None:
    """A second time column that tells rows of one series and time apart: since when each was known.

    Its name says so, or it lies after the period that the time names; a clock beside a date lies within.
    """
    rows = time.reading.fits
    repeated = _repeated(key, time, rows)
    for column in sorted(time.others, key=lambda other: not other.has_known_name):
        is_version = column.has_known_name or _lies_after(column, time)
        if is_version and repeated and _repeated((*key, column), time, rows) <= REPEATED_SHARE * repeated:
            return column
    return None


def _lies_after(column: Column, time: GuessedTime) -> bool:
    if column.time is None or "integer" in (column.time.kind, time.reading.kind):
        return False
    both = column.time.fits & time.reading.fits
    later = column.time.values[both] - time.reading.values[both] >= time.period
    return len(later) > 0 and float(later.mean()) >= NEARLY_ALL


def _blocks(texts: Sequence[Column], time: GuessedTime, *, whole: bool) -> tuple[Column, ...]:
    """A column whose every value has its rows in order of time, where the table as a whole does not.

    Then the series merely have no time in common: they have clocks of their own, or the sample is a part of them.
    """
    rows = time.reading.fits
    times = time.reading.values[rows]
    if not (np.diff(times) < 0).any() or (whole and len(times) < 3):
        return ()
    for column in texts:
        code = column.code[rows]
        order = np.argsort(code, kind="stable")
        within = np.diff(code[order]) == 0
        if 1 < column.distinct <= len(times) // 3 and not (np.diff(times[order])[within] < 0).any():
            return (column,)
    return ()


def _only_id(columns: Mapping[str, Column], time: GuessedTime) -> tuple[Column, ...]:
    """The id of a table that has one series so far."""
    ids = [
        column for column in columns.values()
        if column is not time.column and column.has_id_name and column.distinct == 1 and (column.code >= 0).all()
    ]  # fmt: skip
    return tuple(ids[:1])


def _tell_same_apart(column: Column, other: Column, rows: np.ndarray) -> bool:
    pairs = len(np.unique(_codes((column, other), rows)))
    return pairs == column.distinct == other.distinct


def _key(
    columns: Mapping[str, Column], chosen: tuple[Column, ...], time: GuessedTime, also: tuple[str, ...]
) -> GuessedKey:
    rows = time.reading.fits
    version = _version_column(chosen, time)
    repeated = _again(_places((*chosen, *([version] if version else [])), time, rows), rows)
    equal = len(repeated) > 0 and len(_again(_codes(columns.values(), rows)[rows], rows)) >= len(repeated)
    names = tuple(name for name in columns if columns[name] in chosen)
    series = _codes(chosen, rows)
    good = rows & (np.any([column.code >= 0 for column in chosen], axis=0) if chosen else True)
    count = len(np.unique(series[good]))
    return GuessedKey(names, series, count, repeated, equal, version.name if version else None, also)
