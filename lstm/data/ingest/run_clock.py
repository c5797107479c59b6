"""The clock of a run: the grid of its table, and how far it may read."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lstm.data.frequency.aliases import fit_frequency
from lstm.data.frequency.grid import Frequency
from lstm.data.frequency.inference import infer_frequency, time_text
from lstm.data.frequency.steps import count_steps
from lstm.data.ingest.identity import RowIdentity
from lstm.data.ingest.panel_settings import PanelSettings
from lstm.data.rows.numbers import numbers
from lstm.data.rows.series_keys import SeriesKeys
from lstm.data.timestamps.parse import Times
from lstm.errors import ConfigError, DataError


@dataclass(frozen=True)
class Clock:
    """The grid of a table, and its newest complete step, the cutoff.

    inferred: the pipeline file names no frequency. last: ordinal of the newest row that is read, of any column.
    """

    grid: Frequency
    inferred: bool
    cutoff: int
    last: int


def read_clock(table: pa.Table, settings: PanelSettings, as_of: datetime | int, identity: RowIdentity) -> Clock:
    """The clock of a table as of a moment; what lies later cannot change it. At least one row has to be included.

    Raises DataError where there is no row yet or no known grid holds the times, ConfigError where as_of is a step and
    the grid has none.
    """
    keys, times = identity.keys, identity.times
    rows = np.append(_until(times.values, as_of, settings.time_zone), False)[times.code] & identity.included
    if not rows.any():
        raise DataError(_nothing_yet(times, identity.included, as_of))
    if settings.frequency is not None:
        grid = fit_frequency(settings.frequency, times.values.take(pa.array(_used(times, rows))))
    else:
        grid = find_frequency(keys, times, rows)
    if grid.kind == "integer":
        cutoff = _integer_cutoff(table, settings, as_of, grid, times, rows)
    elif isinstance(as_of, int):
        raise ConfigError(f"as_of {as_of} is an integer step, but the frequency is {grid.alias!r}; give a date or time")
    else:
        cutoff = grid.newest_complete(as_of, settings.source.time_label, settings.time_zone)
    ahead = settings.horizon if settings.source.future_covariates else 0
    return Clock(grid, settings.frequency is None, cutoff, cutoff + ahead)


def _until(values: pa.Array, as_of: datetime | int, time_zone: str) -> np.ndarray:
    """bool (U): the times that are not later than as_of. An instant is later than every integer step."""
    if isinstance(as_of, int) or pa.types.is_integer(values.type):
        comparable = isinstance(as_of, int) and pa.types.is_integer(values.type)
        return np.asarray(values) <= as_of if comparable else np.ones(len(values), bool)
    local_day = as_of.astimezone(ZoneInfo(time_zone)).date()
    limit = local_day if pa.types.is_date(values.type) else as_of
    return np.asarray(pc.less_equal(values, pa.scalar(limit, values.type)))


def _nothing_yet(times: Times, included: np.ndarray, as_of: datetime | int) -> str:
    earliest = time_text(times.values, int(times.code[included].min()))
    return f"there is no row at or before {as_of}, the earliest is of {earliest}; give a later as_of"


def _used(times: Times, rows: np.ndarray) -> np.ndarray:
    """int64: positions of the times that any of the rows has, in order."""
    used = np.zeros(len(times.values), bool)
    used[times.code[rows]] = True
    return np.flatnonzero(used)


def find_frequency(keys: SeriesKeys, times: Times, rows: np.ndarray) -> Frequency:
    """The frequency that rows have. rows: bool (R). Raises DataError that names a series and time where none fits."""
    used = _used(times, rows)

    def describe(position: int) -> str:
        row = int(np.argmax(rows & (times.code == used[position])))
        return f"{time_text(times.values, int(used[position]))} of series {keys.names[keys.code[row]]!r}"

    steps = count_steps(times.values, times.code, keys.code, rows)
    return infer_frequency(times.values.take(pa.array(used)), steps, describe)


def fitting_alias(keys: SeriesKeys, times: Times, rows: np.ndarray) -> str | None:
    """The frequency that would hold all the rows; None where there is none."""
    try:
        return find_frequency(keys, times, rows).alias
    except DataError:
        return None


def _integer_cutoff(
    table: pa.Table, settings: PanelSettings, as_of: datetime | int, grid: Frequency, times: Times, rows: np.ndarray
) -> int:
    """The newest complete step at an integer as_of; an instant says nothing of steps, so the newest observed one."""
    if isinstance(as_of, int):
        return grid.newest_complete(as_of, settings.source.time_label, settings.time_zone)
    targets = settings.source.targets
    observed = rows & np.any([np.isfinite(numbers(table[name])) for name in targets], axis=0)
    if not observed.any():
        raise DataError(f"no row has a value of a target ({', '.join(targets)})")
    return int(grid.ordinals(times.values)[0][times.code[observed]].max())
