"""Wall clocks: local times to instants and back, where clocks are put forward and back."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa

from lstm.data.timestamps.strptime import DAY_MICROS, INSTANT, MICROS

# No zone is a day or more off UTC, so that nothing within these leaves the years that Python knows.
_CALENDAR = np.datetime64("0001-01-02", "us"), np.datetime64("9999-12-30", "us")


@dataclass(frozen=True)
class Instants:
    """Instants of U wall times. first, second: timestamp[us, UTC] (U), which differ where clocks show a time twice.

    Null where the wall time is, or where clocks never show it. never, twice: bool (U).
    """

    first: pa.Array
    second: pa.Array
    never: np.ndarray
    twice: np.ndarray


def instants(local: pa.Array, time_zone: str) -> Instants:
    """Instants of wall times. local: timestamp[us] (U); within a day of year 1 or 10000 an instant may lie beyond."""
    # Not by Arrow, which knows no summer time after 2037. A time that clocks show twice is read as summer time, then as
    # winter time; one that they show once is the same instant in both readings.
    index, cut_off = _index(local)
    readings = [
        index.tz_localize(time_zone, ambiguous=np.full(len(index), summer), nonexistent="NaT").tz_convert("UTC")
        for summer in (True, False)
    ]
    first, second = (
        pa.array(reading.tz_localize(None) + cut_off, MICROS, from_pandas=True).cast(INSTANT) for reading in readings
    )
    shown = np.asarray(first.is_valid())
    return Instants(first, second, ~shown & ~np.asarray(index.isna()), shown & np.asarray(readings[0] != readings[1]))


def wall_times(stamps: pa.Array, time_zone: str) -> pa.Array:
    """timestamp[us] (U): what the clocks of a zone show. stamps: with a zone; without one they are wall times."""
    if stamps.type.tz is None:
        return stamps.cast(MICROS)
    index, cut_off = _index(stamps.cast(INSTANT).cast(MICROS))
    local = index.tz_localize("UTC").tz_convert(time_zone).tz_localize(None)
    return pa.array(local + cut_off, MICROS, from_pandas=True)


def _index(naive: pa.Array) -> tuple[pd.DatetimeIndex, pd.TimedeltaIndex]:
    """(times that Python's calendar can put into any zone, what was cut off at its ends)."""
    index = pd.DatetimeIndex(naive.to_numpy(zero_copy_only=False).astype("datetime64[us]"))
    inner = pd.DatetimeIndex(np.clip(index.to_numpy(), *_CALENDAR))
    return inner, index - inner


def days_of(local: pa.Array) -> pa.Array:
    """date32 (U): the days of wall times."""
    micros = local.cast(pa.int64())
    days = (np.asarray(micros.fill_null(0)) // DAY_MICROS).astype(np.int32)
    return pa.array(days, pa.int32(), mask=np.asarray(micros.is_null())).cast(pa.date32())


def starts_a_day(local: pa.Array, time_zone: str) -> np.ndarray:
    """bool (U): wall times that are the first of their day: midnight, or 01:00 where clocks skip midnight."""
    micros = np.asarray(local.cast(pa.int64()).fill_null(0))
    starts = micros % DAY_MICROS == 0
    # Of the others, those are that equal the first time which clocks show after the midnight of their day.
    odd = np.flatnonzero(~starts)
    days = (micros[odd] // DAY_MICROS).astype("datetime64[D]").astype("datetime64[us]")
    first = pd.DatetimeIndex(np.clip(days, *_CALENDAR)).tz_localize(
        time_zone, ambiguous=np.ones(len(odd), bool), nonexistent="shift_forward"
    )
    starts[odd] = np.asarray(first.tz_localize(None).as_unit("us")).astype(np.int64) == micros[odd]
    return np.asarray(starts)


@dataclass(frozen=True)
class Folds:
    """Fold (0 or 1, PEP 495) of each of N rows whose local time occurs twice.

    rows: int64 (N). second: bool (N), rows of fold 1. once: bool (N), rows of a series that has the hour only once,
    which is taken for fold 0. unclear: bool (N), rows of a series whose rows around the hour are not in order, or have
    it more than twice.
    """

    rows: np.ndarray
    second: np.ndarray
    once: np.ndarray
    unclear: np.ndarray


def assign_folds(local: np.ndarray, twice: np.ndarray, code: np.ndarray, series: np.ndarray) -> Folds:
    """Assigns folds to the rows of repeated hours, by the order of the rows of each series.

    Fold 1 begins where the times of the hour go back or stay. The rows of the day before and after must be in order
    around them: a table that is sorted otherwise says nothing.
    local: int64 (U), microseconds. twice: bool (U). code: int32 (R), the time of each row or -1. series: int32 (R).
    """
    # Rows within a day of a repeated hour, by series and hour, each such group in the order of the table.
    hour, side = _around(local, twice)
    rows = np.flatnonzero(np.append(hour >= 0, False)[code])
    rows = rows[np.lexsort((rows, hour[code[rows]], series[rows]))]
    row_time, row_side = local[code[rows]], side[code[rows]]
    begins = np.append(True, (np.diff(series[rows]) != 0) | (np.diff(hour[code[rows]]) != 0))
    group = np.cumsum(begins) - 1
    # Each row against the one before it in its group. Within the hour, a time that does not rise is a turn to the next
    # fold. Out of order is a row whose side of the hour falls, or whose time falls outside of the hour.
    falls = np.append(False, np.diff(row_time) < 0) & ~begins
    stays_on_side = np.append(False, np.diff(row_side) == 0) & ~begins
    turn = stays_on_side & (row_side == 0) & np.append(False, np.diff(row_time) <= 0)
    disorder = (np.append(False, np.diff(row_side) < 0) & ~begins) | (stays_on_side & (row_side != 0) & falls)
    turns = np.bincount(group, turn)
    unclear = (turns > 1) | (np.bincount(group, disorder) > 0)
    # Turns up to each row, without those of the groups before it.
    turned = np.cumsum(turn)
    second = turned - turned[begins][group] > 0
    inside = row_side == 0
    return Folds(rows[inside], second[inside], (turns == 0)[group[inside]], unclear[group[inside]])


def _around(local: np.ndarray, twice: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(int64 (U): the repeated hour within a day of each time, or -1; int8 (U): -1 before it, 0 in it, 1 after it)."""
    # Repeated times that lie more than two days apart are of two hours; each hour spans from its first to its last one.
    repeated = np.sort(local[twice])
    starts = repeated[np.append(True, np.diff(repeated) > 2 * DAY_MICROS)]
    ends = repeated[np.append(np.diff(repeated) > 2 * DAY_MICROS, True)]
    hour = np.clip(np.searchsorted(starts - DAY_MICROS, local, side="right") - 1, 0, None)
    near = (local >= starts[hour] - DAY_MICROS) & (local <= ends[hour] + DAY_MICROS)
    side = np.where(local < starts[hour], -1, np.where(local > ends[hour], 1, 0))
    return np.where(near, hour, -1), side.astype(np.int8)
