"""Versions of rows by the moment that they became known (`known_at`). Of several of one step the last one counts.

A run as of a moment reads only rows that were known by then, which is what makes a backfill honest. Every version that
was known is kept, so that an origin of the past can be replayed with what was known at its own time.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lstm.data.rows.bad_rows import BadRows
from lstm.data.rows.distinct import distinct_values
from lstm.data.rows.duplicates import Policy, find_duplicates
from lstm.data.timestamps.parse import TimeRules, read_times

INSTANT = pa.timestamp("us", tz="UTC")
NEVER = np.iinfo(np.int64).max
DAY = pa.scalar(86_400_000_000, pa.duration("us"))


@dataclass(frozen=True)
class Known:
    """Since when each row (R) of a table has been known: int64, microseconds since 1970 or an integer step."""

    since: np.ndarray

    def by(self, as_of: datetime | int) -> np.ndarray:
        """bool (R): rows that were known at a moment."""
        return np.asarray(self.since <= moment_number(as_of))


def moment_number(as_of: datetime | int) -> int:
    """Microseconds since 1970 of an instant; an integer step as it is."""
    return as_of if isinstance(as_of, int) else int(pa.scalar(as_of, INSTANT).cast(pa.int64()).as_py())


def read_known(column: pa.ChunkedArray, rules: TimeRules, as_of: datetime | int, bad: BadRows) -> Known:
    """Reads a `known_at` column; bad rows are known never. A date counts once that day is over in the pipeline's zone.

    Raises DataError for what cannot be read, or is a moment where as_of is a step.
    """
    times = read_times(column, replace(rules, time_type=pa.int64() if isinstance(as_of, int) else INSTANT), bad)
    since = np.append(np.asarray(times.values.cast(pa.int64())), NEVER)
    if pa.types.is_timestamp(times.values.type):
        day_over = np.append(_end_of_day(times.values, rules.time_zone), NEVER)
        return Known(np.where(_is_of_days(column), day_over[times.code], since[times.code]))
    return Known(since[times.code])


def _is_of_days(column: pa.ChunkedArray) -> np.ndarray:
    """bool (R): dates, and texts without a time of day."""
    kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
    if not pa.types.is_string(kind):
        return np.full(len(column), pa.types.is_date(kind))
    code, distinct = distinct_values(column)
    return np.asarray(np.append(~np.asarray(pc.match_substring(distinct, ":")), False)[code])


def _end_of_day(moments: pa.Array, time_zone: str) -> np.ndarray:
    """int64: when the local day of each moment is over."""
    local = pc.local_timestamp(moments.cast(pa.timestamp("us", tz=time_zone)))
    next_day = pc.add(pc.floor_temporal(local, unit="day"), DAY)
    over = pc.assume_timezone(next_day, time_zone, ambiguous="latest", nonexistent="latest")
    return np.asarray(over.cast(INSTANT).cast(pa.int64()))


def newest_versions(steps: np.ndarray, since: np.ndarray, size: int) -> np.ndarray:
    """bool (R): rows that no other row of their step was known after. steps: int (R), below size. since: int64 (R)."""
    newest = np.full(size, np.iinfo(np.int64).min)
    np.maximum.at(newest, steps, since)
    return np.asarray(newest[steps] == since)


def versions_table(steps: np.ndarray, since: np.ndarray, values: Mapping[str, np.ndarray], policy: Policy) -> pa.Table:
    """Every version of every step: `step` (row of the panel), `known_at` (see `Known.since`), then values.

    Sorted by step and time. Rows of one step and moment are one version, by the policy of duplicates; infinity is
    missing, as in the panel. steps, since, values: (R).
    """
    # A version is a pair of step and moment, numbered in the order of both; rows of one version are merged as rows of
    # one step are in the panel.
    order = np.lexsort((since, steps))
    steps, since = steps[order].astype(np.int64), since[order]
    version = np.cumsum(np.append(False, (np.diff(steps) != 0) | (np.diff(since) != 0)))
    duplicates = find_duplicates(version, len(version), policy)
    kept = np.ones(len(steps), bool)
    if duplicates is not None:
        kept[duplicates.dropped] = False
    columns = {"step": pa.array(steps[kept]), "known_at": pa.array(since[kept])}
    for name, column in values.items():
        ordered = np.where(np.isinf(column), np.nan, column)[order]
        if duplicates is not None:
            ordered[duplicates.kept] = duplicates.merged(ordered[duplicates.rows])
        columns[name] = pa.array(ordered[kept], from_pandas=True)
    return pa.table(columns)


def vintages_table(versions: Mapping[str, pa.Table]) -> pa.Table:
    """The versions of all tables in one, as `vintages.parquet` has them. versions: by `source` and `future`."""
    parts = [
        table.add_column(0, "table", pa.array([name] * len(table)).dictionary_encode())
        for name, table in versions.items()
    ]
    return pa.concat_tables(parts, promote_options="default")


def versions_of(vintages: pa.Table) -> dict[str, pa.Table]:
    """Inverse of `vintages_table`, also after a round trip through Parquet. Columns that a table lacks are left out."""
    names = vintages["table"].cast(pa.string())
    parts = {name: vintages.filter(pc.equal(names, name)).drop_columns("table") for name in names.unique().to_pylist()}
    return {
        name: part.select([column for column in part.column_names if part[column].null_count < len(part)])
        for name, part in parts.items()
    }


def as_known(versions: pa.Table, name: str, moment: datetime | int, current: np.ndarray) -> np.ndarray:
    """A channel (T) as it was known at a moment: NaN where no version was known yet.

    current: (T), the channel as the run knows it; steps without a version (filled gaps) keep it.
    """
    steps, values = np.asarray(versions["step"]), np.asarray(versions[name].to_numpy())
    known = current.copy()
    known[steps] = np.nan
    last = _last_known(versions, moment)
    known[steps[last]] = values[last]
    return known


def known_steps(versions: pa.Table, moment: datetime | int, size: int) -> tuple[np.ndarray, np.ndarray]:
    """(bool (T) steps that have a version, bool (T) those of which one was known at a moment). size: T."""
    steps = np.asarray(versions["step"])
    present, known = np.zeros(size, bool), np.zeros(size, bool)
    present[steps] = True
    known[steps[_last_known(versions, moment)]] = True
    return present, known


def _last_known(versions: pa.Table, moment: datetime | int) -> np.ndarray:
    """bool: of each step the version that was known last at a moment."""
    steps, since = np.asarray(versions["step"]), np.asarray(versions["known_at"])
    readable = since <= moment_number(moment)
    # Sorted by time within a step, so the last one that can be read is the last one known.
    return np.asarray(readable & np.append((steps[1:] != steps[:-1]) | ~readable[1:], True))
