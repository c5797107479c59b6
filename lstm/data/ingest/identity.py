"""Identity of the rows of a table: the series and time of each, and since when it was known."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np
import pyarrow as pa

from lstm.config import Roles, Source
from lstm.data.frequency.aliases import parse_frequency
from lstm.data.frequency.grid import Frequency, nearest_ordinals
from lstm.data.ingest.panel_settings import PanelSettings
from lstm.data.panel.vintages import Known, read_known
from lstm.data.rows.bad_rows import BadRows
from lstm.data.rows.series_keys import SeriesKeys, group_series
from lstm.data.rows.source_rows import SourceRows
from lstm.data.timestamps.parse import TimeRules, Times, read_times


@dataclass(frozen=True)
class RowIdentity:
    """Series and time of the R rows of a table. unknown: rows that were not known yet, which count for nothing.

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
        rows, bad = len(self.included), sum(aside.rows for aside in self.bad.set_aside)
        if not rows:
            return "the table has no rows"
        if self.unknown:
            return f"no row is left: {self.unknown:,} of {rows:,} were not known at {as_of} yet; give a later as_of"
        if bad < rows:
            return "no row is left: quality.exclude names every series that the table has"
        return f"no row is left: all {rows:,} were set aside; look at the first ones in the source"

    def waiting(self, alive: np.ndarray) -> np.ndarray:
        """bool: series that have rows, but none up to the cutoff. alive: bool, series that get steps."""
        has_rows = np.zeros(len(self.left_out) + 1, bool)
        has_rows[self.keys.code[self.included]] = True
        return np.asarray(has_rows[:-1] & ~alive)


def identify_rows(
    rows: SourceRows,
    roles: Roles,
    settings: PanelSettings,
    as_of: datetime | int,
    *,
    time_format: str | None,
    grid: Frequency | None = None,
) -> RowIdentity:
    """Reads series keys and times of rows, by the rules of the pipeline file.

    grid: where it is known; else what the file says.
    Raises DataError for what cannot be read, unless `bad_rows` sets it aside.
    """
    source, table = settings.source, rows.table
    bad = BadRows(len(table), rows.place)
    known, unknown = None, 0
    if roles.known_at is not None:
        rules = _rules(settings, roles.known_at, None, None, np.zeros(len(table), np.int32), ("all",))
        known = read_known(table[roles.known_at], rules, as_of, bad)
        later = ~known.by(as_of) & ~bad.mask
        unknown = int(later.sum())
        # Nothing of a row that was not known may be seen, not even that it is bad.
        bad.mask |= later
    keys = group_series(table, roles.series, bad, source.bad_rows, empty=source.empty_ids)
    left_out = np.isin(np.array(keys.names, object), np.array(settings.quality.exclude, object))
    # Nor of a series that is left out.
    bad.mask |= np.append(left_out, False)[keys.code]
    if grid is None and settings.frequency is not None:
        grid = parse_frequency(settings.frequency)
    time_type = grid.arrow_type if grid is not None else None
    rules = _rules(settings, roles.time, time_format, time_type, keys.code, keys.names)
    rules = replace(rules, far_times=source.far_times, time_label=source.time_label, as_of=as_of)
    times = read_times(table[roles.time], rules, bad)
    return RowIdentity(keys, times, known, bad, unknown, left_out, ~bad.mask)


def _rules(
    settings: PanelSettings,
    column: str,
    time_format: str | None,
    time_type: pa.DataType | None,
    series: np.ndarray,
    names: Sequence[str],
) -> TimeRules:
    source = settings.source
    return TimeRules(
        column,
        time_format,
        settings.time_zone,
        time_type,
        series,
        names,
        source.bad_rows,
        source.off_grid,
        source.repeated_hour,
    )


def ordinals_of(grid: Frequency, values: pa.Array, source: Source) -> tuple[np.ndarray, np.ndarray]:
    """(int64 ordinals, bool on the grid) of distinct times; one off the grid has the ordinal of the step it lies in.

    With `off_grid = "nearest"` it has that of the nearest step.
    """
    ordinals, exact = grid.ordinals(values)
    if source.off_grid == "nearest":
        return nearest_ordinals(grid, values, ordinals), exact
    if source.time_label == "end" and grid.kind in ("seconds", "integer"):
        # A step that is named by its end holds the times before its label.
        ordinals = ordinals + ~exact
    return ordinals, exact
