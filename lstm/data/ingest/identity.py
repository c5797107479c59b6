"""What each row of a table is about: its series, its time, and since when it was known."""

from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pyarrow as pa

from lstm.config import Pipeline, Roles
from lstm.data.frequency.aliases import parse_frequency
from lstm.data.frequency.grid import Frequency
from lstm.data.panel.vintages import Known, read_known
from lstm.data.rows.bad_rows import BadRows
from lstm.data.rows.series_keys import SeriesKeys, group_series
from lstm.data.rows.source_rows import SourceRows
from lstm.data.timestamps.parse import TimeRules, Times, read_times


@dataclass(frozen=True)
class Identity:
    """The rows (R) of a table. unknown: rows that were not known yet, which count for nothing.

    included: bool (R), rows that can be used, of series that are not left out. left_out: bool, of each series.
    """

    keys: SeriesKeys
    times: Times
    known: Known | None
    bad: BadRows
    unknown: int
    left_out: np.ndarray
    included: np.ndarray

    def why_nothing(self, as_of: datetime | int) -> str:
        """Why no row can be used: the message for a person."""
        rows, aside = len(self.included), sum(one.rows for one in self.bad.found)
        if not rows:
            return "the table has no rows"
        if self.unknown:
            return f"no row is left: {self.unknown:,} of {rows:,} were not known at {as_of} yet; give a later as_of"
        if aside < rows:
            return "no row is left: quality.exclude names every series that the table has"
        return f"no row is left: all {rows:,} were set aside; look at the first ones in the source"

    def waiting(self, alive: np.ndarray) -> np.ndarray:
        """bool: series that have rows, but none up to the cutoff. alive: bool, series that get steps."""
        there = np.zeros(len(self.left_out) + 1, bool)
        there[self.keys.code[self.included]] = True
        return np.asarray(there[:-1] & ~alive)


def identify(
    rows: SourceRows,
    roles: Roles,
    pipeline: Pipeline,
    as_of: datetime | int,
    *,
    time_format: str | None,
    grid: Frequency | None = None,
) -> Identity:
    """Reads keys and times, by the rules of the pipeline file. grid: where it is known; else what the file says.

    Raises DataError for what cannot be read, unless `bad_rows` sets it aside.
    """
    source, table = pipeline.source, rows.table
    bad = BadRows(len(table), rows.place)
    known, unknown = None, 0
    if roles.known_at is not None:
        rules = _rules(pipeline, roles.known_at, None, None, np.zeros(len(table), np.int32), ("all",))
        known = read_known(table[roles.known_at], rules, as_of, bad)
        later = ~known.by(as_of) & ~bad.mask
        unknown = int(later.sum())
        # Nothing of a row that was not known may be seen, not even that it is bad.
        bad.mask |= later
    keys = group_series(table, roles.series, bad, source.bad_rows)
    left_out = np.isin(np.array(keys.names, object), np.array(pipeline.quality.exclude, object))
    # Nor of a series that is left out.
    bad.mask |= np.append(left_out, False)[keys.code]
    if grid is None and pipeline.frequency is not None:
        grid = parse_frequency(pipeline.frequency)
    wanted = grid.arrow_type if grid is not None else None
    times = read_times(table[roles.time], _rules(pipeline, roles.time, time_format, wanted, keys.code, keys.names), bad)
    return Identity(keys, times, known, bad, unknown, left_out, ~bad.mask)


def _rules(
    pipeline: Pipeline,
    column: str,
    time_format: str | None,
    wanted: pa.DataType | None,
    series: np.ndarray,
    names: "list[str] | tuple[str, ...]",
) -> TimeRules:
    source = pipeline.source
    return TimeRules(
        column,
        time_format,
        pipeline.time_zone,
        wanted,
        series,
        names,
        source.bad_rows,
        source.off_grid,
        source.repeated_hour,
    )


def ordinals_of(grid: Frequency, values: pa.Array, time_label: str) -> tuple[np.ndarray, np.ndarray]:
    """(int64 ordinals, bool on the grid) of distinct times; one off the grid has the ordinal of the step it lies in."""
    ordinals, exact = grid.ordinals(values)
    if time_label == "end" and grid.kind in ("seconds", "integer"):
        # A step that is named by its end holds the times before its label.
        ordinals = ordinals + ~exact
    return ordinals, exact
