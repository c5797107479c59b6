"""Time columns: text, dates, numbers and stamps with and without a zone become times of one kind.

Everything is read strictly: where two readings are possible, the pipeline file says which one is meant, or the row
is refused, because any guess would be wrong for somebody.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lstm.data.rows.bad_rows import BadRows, Policy
from lstm.data.timestamps.far_times import far_values
from lstm.data.timestamps.hour_ends import moved, step_to_start
from lstm.data.timestamps.strptime import DAY_MICROS, INSTANT, MICROS
from lstm.data.timestamps.time_rows import TimeRows
from lstm.data.timestamps.time_zones import assign_folds, days_of, instants, starts_a_day, wall_times
from lstm.data.timestamps.values import read_integers, read_stamps, within_years


@dataclass(frozen=True)
class TimeRules:
    """Rules for reading a time column, from the pipeline file.

    time_type: of the grid; None when the frequency is to be found, then midnights are dates. series: int32 (R), the
    series of each row, -1 for bad rows. names: of the series. as_of: of the run; None where times have nothing to do
    with it, and none of them is far from the rest.
    """

    column: str
    time_format: str | None
    time_zone: str
    time_type: pa.DataType | None
    series: np.ndarray
    names: Sequence[str]
    bad_rows: Policy = "error"
    off_grid: Literal["error", "floor", "nearest", "set_aside"] = "error"
    repeated_hour: Literal["error", "in_order"] = "error"
    far_times: Literal["error", "set_aside", "keep"] = "error"
    time_label: Literal["start", "end"] = "start"
    as_of: datetime | int | None = None


@dataclass(frozen=True)
class Times:
    """U distinct times of R rows, in order. values: U of them, date32, timestamp[us, UTC] or int64.

    code: int32 (R), -1 for bad rows. cut: bool (R), rows whose time of day was cut off to make a date; None when
    nothing was cut. notes: sentences on how the column was understood.
    """

    values: pa.Array
    code: np.ndarray
    cut: np.ndarray | None = None
    notes: tuple[str, ...] = ()


def read_times(column: pa.ChunkedArray, rules: TimeRules, bad: BadRows) -> Times:
    """Distinct times of a column, and which of them each row has.

    Rows without a time that can be read become bad; rows that are bad already influence nothing. Raises DataError where
    the whole column can be read in several ways or in none, ConfigError for a format that is none.
    """
    rows = TimeRows(column, rules.column, series=rules.series, names=rules.names, bad=bad, policy=rules.bad_rows)
    time_type = rules.time_type
    if time_type is not None and pa.types.is_integer(time_type):
        return Times(*rows.in_order(_without_far(rows, read_integers(rows), rules)))
    stamps, notes = read_stamps(rows, rules.time_format, rules.as_of)
    stamps = _without_far(rows, stamps, rules)
    if time_type is None or pa.types.is_date(time_type):
        days = _days(rows, stamps, rules, notes)
        if days is not None:
            return days
    if stamps.type.equals(INSTANT):
        return Times(*rows.in_order(stamps), notes=notes)
    return _instants(rows, stamps.cast(MICROS), rules, notes)


def _without_far(rows: TimeRows, times: pa.Array, rules: TimeRules) -> pa.Array:
    """The times, null where one lies far from the rest of those that the run may read, which is rejected.

    A day more is looked at than the run may read: wall times are of some zone. What lies later has no say.
    """
    if rules.far_times == "keep" or rules.as_of is None:
        return times
    known = np.ones(len(times), bool)
    if pa.types.is_integer(times.type):
        known &= np.asarray(times.fill_null(0)) <= rules.as_of if isinstance(rules.as_of, int) else True
    elif isinstance(rules.as_of, datetime):
        limit = (rules.as_of + timedelta(days=1)).astimezone(UTC).replace(tzinfo=None)
        known &= np.asarray(pc.less_equal(times.cast(MICROS), pa.scalar(limit, MICROS)).fill_null(False))
    far, rest = far_values(times, known, lambda place: str(times[place].cast(pa.string())).removesuffix(".000000"))
    rows.reject(
        far,
        f"lies far from all other times, which are of {rest}",
        'mend the time, or set source.far_times to "set_aside" (left out) or "keep" (it is right)',
        rules.far_times,
    )
    return pc.if_else(pa.array(~far), times, None)


def _days(rows: TimeRows, stamps: pa.Array, rules: TimeRules, notes: tuple[str, ...]) -> Times | None:
    """The local day of each; None where the frequency is to be found and the stamps are not all of full days."""
    if pa.types.is_date(stamps.type):
        return Times(*rows.in_order(stamps), notes=notes)
    local = wall_times(stamps, rules.time_zone)
    starts = starts_a_day(local, rules.time_zone) | np.asarray(local.is_null())
    if rules.time_type is None and not starts.all():
        return None
    moves = rules.off_grid in ("floor", "nearest")
    cut = np.append(~starts, False)[rows.code] if moves and not starts.all() else None
    if not moves:
        rows.reject(
            ~starts,
            f"is not a midnight in time_zone {rules.time_zone!r}, as the steps of a day or longer need",
            'set time_zone, or source.off_grid = "floor" to take each time for its day ("nearest": the nearest one)',
            "set_aside" if rules.off_grid == "set_aside" else "error",
        )
    known = np.asarray(local.is_valid()) & (starts | moves)
    days = days_of(moved(local, DAY_MICROS // 2) if rules.off_grid == "nearest" else local)
    values, code = rows.in_order(pc.if_else(pa.array(known), days, None))
    return Times(values, code, cut, notes)


def _instants(rows: TimeRows, local: pa.Array, rules: TimeRules, notes: tuple[str, ...]) -> Times:
    """Instants of wall times in the pipeline's zone."""
    zone, step = rules.time_zone, 0
    if rules.time_label == "end":
        step = step_to_start(local, zone, np.where(rows.bad.mask, -1, rows.code), rows.series)
        local = moved(local, -step)
        notes += (_counted_note(rows, zone),) if step else ()
    moments = instants(local, zone)
    rows.reject(
        moments.never,
        f"does not exist in {zone}, where the clocks were put forward",
        "mend the time, or write stamps with their offset",
    )
    times = moments.first
    if moments.twice.any():
        if rules.repeated_hour == "error":
            rows.reject(
                moments.twice,
                f"exists twice in {zone}, where the clocks were put back",
                'write stamps with their offset or in UTC, or set source.repeated_hour = "in_order" where the rows '
                "of each series are in order of time",
                "error",
            )
        notes += _split_folds(rows, np.asarray(local.cast(pa.int64()).fill_null(0)), moments.twice)
        times = pa.concat_arrays([moments.first, moments.second.filter(pa.array(moments.twice))])
    return Times(*rows.in_order(within_years(rows, moved(times, step))), notes=notes)


def _counted_note(rows: TimeRows, zone: str) -> str:
    return (
        f"times of {rows.name!r} are ends that are counted from the starts of their steps: where the clocks of {zone} "
        "change, not all of them are times of the clock"
    )


def _split_folds(rows: TimeRows, local: np.ndarray, twice: np.ndarray) -> tuple[str, ...]:
    """Gives the rows of fold 1 a time of their own; notes the rows of hours that come once only."""
    folds = assign_folds(local, twice, np.where(rows.bad.mask, -1, rows.code), rows.series)
    rows.reject_unclear(
        folds.rows[folds.unclear],
        "is of an hour that the clocks repeat, and the rows of its series are not in order of time around it, or have "
        "it more than twice",
        "sort the rows of each series by time, or write stamps with their offset",
    )
    once = folds.rows[folds.once]
    shown = rows.shown(int(once[0])) if len(once) else ""
    rows.split(folds.rows[folds.second], twice)
    if not shown:
        return ()
    return (
        f"{len(once):,} rows of an hour that the clocks repeat come in one pass only, and were taken for the first, "
        f"before the clocks were put back; such as {shown}",
    )
