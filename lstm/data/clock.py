"""The clock of a run: the grid of its table, and how far it may read."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lstm.config import Pipeline
from lstm.data.columns import numbers
from lstm.data.frequency import Frequency, fit_frequency, infer_frequency
from lstm.data.timestamps import Times
from lstm.errors import ConfigError, DataError


@dataclass(frozen=True)
class Clock:
    """inferred: the pipeline file names no frequency. last: ordinal of the newest row that is read, of any column."""

    grid: Frequency
    inferred: bool
    cutoff: int
    last: int


def read_clock(
    table: pa.Table, pipeline: Pipeline, as_of: datetime | int, series: np.ndarray, times: Times, included: np.ndarray
) -> Clock:
    """The clock of a table as of a moment; what lies later cannot change it.

    series: int64 (R), series of each row. included: bool (R), rows of series that are not left out.
    Raises DataError where there is no row yet or no known grid holds the times, ConfigError where as_of is a step and
    the grid has none.
    """
    rows = _until(times.values, as_of, pipeline.time_zone)[times.code] & included
    if not rows.any():
        raise DataError(_nothing_yet(times, as_of))
    if pipeline.frequency is not None:
        grid = fit_frequency(pipeline.frequency, times.values.take(pa.array(np.unique(times.code[rows]))))
    else:
        grid = infer_frequency(*_in_order(times, series, rows))
    if grid.kind == "integer":
        cutoff = _integer_cutoff(table, pipeline, as_of, grid, times, rows)
    elif isinstance(as_of, int):
        raise ConfigError(f"as_of {as_of} is an integer step, but the frequency is {grid.alias!r}; give a date or time")
    else:
        cutoff = grid.newest_complete(as_of, pipeline.source.time_label, pipeline.time_zone)
    ahead = pipeline.horizon if pipeline.source.future_covariates else 0
    return Clock(grid, pipeline.frequency is None, cutoff, cutoff + ahead)


def _until(values: pa.Array, as_of: datetime | int, time_zone: str) -> np.ndarray:
    """bool (U): the times that are not later than as_of. An instant is later than every integer step."""
    if isinstance(as_of, int) or pa.types.is_integer(values.type):
        comparable = isinstance(as_of, int) and pa.types.is_integer(values.type)
        return np.asarray(values) <= as_of if comparable else np.ones(len(values), bool)
    local_day = as_of.astimezone(ZoneInfo(time_zone)).date()
    limit = local_day if pa.types.is_date(values.type) else as_of
    return np.asarray(pc.less_equal(values, pa.scalar(limit, values.type)))


def _nothing_yet(times: Times, as_of: datetime | int) -> str:
    if not len(times.values):
        return "the table has no rows"
    return (
        f"there is no row at or before {as_of}, the earliest is of {pc.min(times.values).as_py()}; give a later as_of"
    )


def _in_order(times: Times, series: np.ndarray, rows: np.ndarray) -> tuple[pa.Array, np.ndarray]:
    """(times sorted within each series, each once; the series of each)."""
    order = np.asarray(pc.sort_indices(times.values)).astype(np.int64)
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    both = np.unique(series[rows] * len(order) + rank[times.code[rows]])
    return times.values.take(pa.array(order[both % len(order)])), both // len(order)


def _integer_cutoff(
    table: pa.Table, pipeline: Pipeline, as_of: datetime | int, grid: Frequency, times: Times, rows: np.ndarray
) -> int:
    """The newest complete step at an integer as_of; an instant says nothing of steps, so the newest observed one."""
    if isinstance(as_of, int):
        return grid.newest_complete(as_of, pipeline.source.time_label, pipeline.time_zone)
    targets = pipeline.source.targets
    observed = rows & np.any([np.isfinite(numbers(table[name])) for name in targets], axis=0)
    if not observed.any():
        raise DataError(f"no row has a value of a target ({', '.join(targets)})")
    return int(grid.ordinals(times.values)[0][times.code[observed]].max())
