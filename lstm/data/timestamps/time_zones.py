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
    """What U wall times are. first, second: timestamp[us, UTC] (U), which differ where clocks show a time twice.

    Null where the wall time is, or where clocks never show it. never, twice: bool (U).
    """

    first: pa.Array
    second: pa.Array
    never: np.ndarray
    twice: np.ndarray


def instants(local: pa.Array, time_zone: str) -> Instants:
    """Instants of wall times. local: timestamp[us] (U); within a day of year 1 or 10000 an instant may lie beyond."""
    # Not Arrow's own: it knows no summer time after 2037.
    index, beyond = _index(local)
    both = [
        index.tz_localize(time_zone, ambiguous=np.full(len(index), summer), nonexistent="NaT").tz_convert("UTC")
        for summer in (True, False)
    ]
    first, second = (pa.array(one.tz_localize(None) + beyond, MICROS, from_pandas=True).cast(INSTANT) for one in both)
    there = np.asarray(first.is_valid())
    return Instants(first, second, ~there & ~np.asarray(index.isna()), there & np.asarray(both[0] != both[1]))


def wall_times(stamps: pa.Array, time_zone: str) -> pa.Array:
    """timestamp[us] (U): what the clocks of a zone show. stamps: with a zone; without one they are wall times."""
    if stamps.type.tz is None:
        return stamps.cast(MICROS)
    index, beyond = _index(stamps.cast(INSTANT).cast(MICROS))
    local = index.tz_localize("UTC").tz_convert(time_zone).tz_localize(None)
    return pa.array(local + beyond, MICROS, from_pandas=True)


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
    odd = np.flatnonzero(~starts)
    days = (micros[odd] // DAY_MICROS).astype("datetime64[D]").astype("datetime64[us]")
    first = pd.DatetimeIndex(np.clip(days, *_CALENDAR)).tz_localize(
        time_zone, ambiguous=np.ones(len(odd), bool), nonexistent="shift_forward"
    )
    starts[odd] = np.asarray(first.tz_localize(None).as_unit("us")).astype(np.int64) == micros[odd]
    return np.asarray(starts)


@dataclass(frozen=True)
class Passes:
    """Which of two passes N rows with a repeated wall time are of.

    rows: int64 (N). second: bool (N). once: bool (N), rows of a series that has one pass only, taken as the first.
    unclear: bool (N), rows of a series whose rows around are not in order, or pass more than twice.
    """

    rows: np.ndarray
    second: np.ndarray
    once: np.ndarray
    unclear: np.ndarray


def tell_passes(local: np.ndarray, twice: np.ndarray, code: np.ndarray, series: np.ndarray) -> Passes:
    """Tells the two passes of repeated hours by the order of the rows of each series.

    The second pass begins where the stamps of the hour go back or stay. The rows of the day before and after must
    be in order around them: a table that is sorted otherwise says nothing.
    local: int64 (U), microseconds. twice: bool (U). code: int32 (R), the time of each row or -1. series: int32 (R).
    """
    stretch, zone = _around(local, twice)
    rows = np.flatnonzero(np.append(stretch >= 0, False)[code])
    rows = rows[np.lexsort((rows, stretch[code[rows]], series[rows]))]
    time, place = local[code[rows]], zone[code[rows]]
    begins = np.append(True, (np.diff(series[rows]) != 0) | (np.diff(stretch[code[rows]]) != 0))
    group = np.cumsum(begins) - 1
    earlier = np.append(False, np.diff(time) < 0) & ~begins
    level = np.append(False, np.diff(place) == 0) & ~begins
    back = level & (place == 0) & np.append(False, np.diff(time) <= 0)
    wrong = (np.append(False, np.diff(place) < 0) & ~begins) | (level & (place != 0) & earlier)
    turns = np.bincount(group, back)
    unclear = (turns > 1) | (np.bincount(group, wrong) > 0)
    passed = np.cumsum(back)
    second = passed - passed[begins][group] > 0
    own = place == 0
    return Passes(rows[own], second[own], (turns == 0)[group[own]], unclear[group[own]])


def _around(local: np.ndarray, twice: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(int64 (U): the repeated hour within a day of each time, or -1; int8 (U): -1 before it, 0 in it, 1 after it)."""
    repeated = np.sort(local[twice])
    starts = repeated[np.append(True, np.diff(repeated) > 2 * DAY_MICROS)]
    ends = repeated[np.append(np.diff(repeated) > 2 * DAY_MICROS, True)]
    stretch = np.clip(np.searchsorted(starts - DAY_MICROS, local, side="right") - 1, 0, None)
    near = (local >= starts[stretch] - DAY_MICROS) & (local <= ends[stretch] + DAY_MICROS)
    place = np.where(local < starts[stretch], -1, np.where(local > ends[stretch], 1, 0))
    return np.where(near, stretch, -1), place.astype(np.int8)
