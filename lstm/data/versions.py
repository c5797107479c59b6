"""Two clocks: when a row was known, besides what it is about. Of several versions of one step the last one counts.

A run as of a moment reads only rows that were known by then, which is what makes a backfill honest. Every version that
was known is kept, so that an origin of the past can be replayed with what was known at its own time.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lstm.data.bad_rows import BadRows
from lstm.data.distinct import distinct_values
from lstm.data.timestamps import TimeRules, Times, read_times

INSTANT = pa.timestamp("us", tz="UTC")
DAY = pa.scalar(86_400_000_000, pa.duration("us"))


@dataclass(frozen=True)
class Known:
    """Since when the rows (R) of a table were known.

    since: int64, microseconds since 1970 or an integer step, of each distinct value. code: int32 (R), the value of each
    row, -1 where it has none. by_day: the column holds dates.
    """

    since: np.ndarray
    code: np.ndarray
    by_day: bool

    def by(self, as_of: datetime | int) -> np.ndarray:
        """bool (R): rows that were known at a moment."""
        return np.asarray(np.append(self.since <= moment_number(as_of), False)[self.code])

    def of(self, rows: np.ndarray) -> np.ndarray:
        """int64: since when each of some rows was known. rows: bool (R) or positions."""
        return np.asarray(self.since[self.code[rows]])


def moment_number(as_of: datetime | int) -> int:
    """Microseconds since 1970 of an instant; an integer step as it is."""
    return as_of if isinstance(as_of, int) else int(pa.scalar(as_of, INSTANT).cast(pa.int64()).as_py())


def read_known(column: pa.ChunkedArray, rules: TimeRules, as_of: datetime | int, bad: BadRows) -> Known:
    """Reads a `known_at` column. A date counts once that day is over in the pipeline's zone.

    Raises DataError for what cannot be read, or is a moment where as_of is a step.
    """
    wanted = pa.int64() if isinstance(as_of, int) else None if _is_of_days(column) else INSTANT
    times = read_times(column, replace(rules, wanted=wanted), bad)
    return Known(_since(times, rules.time_zone), times.code, pa.types.is_date(times.values.type))


def _is_of_days(column: pa.ChunkedArray) -> bool:
    """True for dates: text without a time of day, and the type itself."""
    kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
    if not pa.types.is_string(kind):
        return bool(pa.types.is_date(kind))
    _, distinct = distinct_values(column)
    return not pc.any(pc.match_substring(distinct, ":")).as_py()


def _since(times: Times, time_zone: str) -> np.ndarray:
    values = times.values
    if pa.types.is_date(values.type):
        next_day = pc.add(values.cast(pa.timestamp("us")), DAY)
        values = pc.assume_timezone(next_day, time_zone, ambiguous="latest", nonexistent="latest").cast(INSTANT)
    return np.asarray(values.cast(pa.int64()))


def newest_versions(steps: np.ndarray, since: np.ndarray, size: int) -> np.ndarray:
    """bool (R): rows that no other row of their step was known after. steps: int (R), below size. since: int64 (R)."""
    newest = np.full(size, np.iinfo(np.int64).min)
    np.maximum.at(newest, steps, since)
    return np.asarray(newest[steps] == since)


def versions_table(steps: np.ndarray, since: np.ndarray, values: dict[str, np.ndarray]) -> pa.Table:
    """Every version of every step: `step` (row of the panel), `known_at` (see `Known.since`), then values.

    Sorted by step and time; of one moment in the order of the table, so that the last one counts.
    """
    order = np.lexsort((since, steps))
    columns = {"step": steps.astype(np.int64), "known_at": since, **values}
    return pa.table({name: pa.array(column[order], from_pandas=True) for name, column in columns.items()})


def vintages_table(versions: Mapping[str, pa.Table]) -> pa.Table:
    """The versions of all tables in one, as `vintages.parquet` has them. versions: by `source` and `future`."""
    named = [
        table.add_column(0, "table", pa.array([name] * len(table)).dictionary_encode())
        for name, table in versions.items()
    ]
    return pa.concat_tables(named, promote_options="default")


def as_known(versions: pa.Table, name: str, moment: datetime | int, current: np.ndarray) -> np.ndarray:
    """A channel (T) as it was known at a moment: NaN where no version was known yet.

    current: (T), the channel as the run knows it; steps without a version (filled gaps) keep it.
    """
    steps, since = np.asarray(versions["step"]), np.asarray(versions["known_at"])
    values = np.asarray(versions[name].to_numpy())
    then = current.copy()
    then[steps] = np.nan
    readable = since <= moment_number(moment)
    # Sorted by time within a step, so the last one written is the last one known.
    last = readable & np.append((steps[1:] != steps[:-1]) | ~readable[1:], True)
    then[steps[last]] = values[last]
    return then
