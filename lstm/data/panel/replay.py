"""A panel as it was known at a moment of the past, so that an origin is forecast with what was known at its own time.

What had been read by then is what a run as of that moment reads.
"""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from lstm.data.panel.gaps import carry_covariates
from lstm.data.panel.panel import Panel
from lstm.data.panel.vintages import as_known, known_steps


def moment_of(panel: Panel, origin: int, as_of: datetime | int | None) -> datetime | int:
    """The moment of a run whose cutoff is `origin`, an ordinal, as long after it as `as_of` is after the panel's.

    as_of: of the panel's own run; None for one that started as soon as its last period had ended. An integer step for
    integer steps; where as_of is a moment on such a grid, steps tell no time, and it is answered as it is.
    """
    grid, back = panel.frequency, panel.cutoff - origin
    if as_of is None:
        as_of = _end_of_period(panel)
    if isinstance(as_of, int):
        return as_of - back * grid.step
    if grid.kind == "integer":
        return as_of
    if not grid.is_date:
        return as_of - timedelta(seconds=back * grid.step)
    # By the calendar and the local clock: months differ in length, and so do days when clocks change.
    following = 0 if grid.month_end else 1
    origin_time, cutoff_time = grid.times(np.array([origin, panel.cutoff]) + following).to_pylist()
    zone = ZoneInfo(panel.time_zone)
    local = as_of.astimezone(zone).replace(tzinfo=None)
    moment: datetime = (local - (cutoff_time - origin_time)).replace(tzinfo=zone)
    return moment.astimezone(UTC)


def as_known_at(panel: Panel, moment: datetime | int) -> Panel:
    """The panel with the targets and covariates that were known at a moment; the panel itself where it has no versions.

    What was not known yet is NaN in targets and past covariates; future covariates are carried forward over it. Where
    absent rows mean zero, a row that had not come yet was a zero, too, up to the newest observation that was known.
    The answer has no versions of its own.
    """
    if panel.versions is None:
        return panel
    targets, past, future = (
        _known_channels(panel, names, moment, current)
        for names, current in (
            (panel.target_names, panel.targets),
            (panel.past_names, panel.past),
            (panel.future_names, panel.future),
        )
    )
    replayed = replace(panel, targets=targets, past=past, future=future, versions=None)
    _fill_as_then(replayed, panel, moment)
    carry_covariates(replayed)
    return replayed


def _fill_as_then(replayed: Panel, panel: Panel, moment: datetime | int) -> None:
    """Zeros where a run of that moment had filled absent rows by them, in place; nowhere else.

    Otherwise a zero that was filled since, or a hole where a row came late, would tell what was not known.
    """
    if panel.versions is None or "source" not in panel.versions:
        return
    present, known = known_steps(panel.versions["source"], moment, panel.steps)
    if not (panel.observed.any(axis=1) & ~present).any():
        return  # absent rows are unknown here
    observed = known & ~np.isnan(replayed.targets).all(axis=1)
    newest = panel.ordinals[observed].max(initial=np.iinfo(np.int64).min)
    # A series begins with its first row that was known.
    rows = np.where(known, np.arange(panel.steps), panel.steps)
    begun = np.arange(panel.steps) >= np.minimum.reduceat(rows, panel.indptr[:-1])[panel.row_series]
    absent = ~known & (panel.ordinals <= panel.cutoff)
    for channels in (replayed.targets, replayed.past):
        channels[absent] = np.nan
        channels[absent & begun & (panel.ordinals <= newest)] = 0.0


def _known_channels(panel: Panel, names: tuple[str, ...], moment: datetime | int, current: np.ndarray) -> np.ndarray:
    """Channels (T, len(names)) as they were known, from those as they are known now."""
    known = current.copy()
    for index, name in enumerate(names):
        known[:, index] = _known_channel(panel, name, moment, current[:, index])
    return known


def _known_channel(panel: Panel, name: str, moment: datetime | int, current: np.ndarray) -> np.ndarray:
    """One channel (T). Where both tables have it, the value of the observations counts, as in the panel."""
    tables = [table for table in (panel.versions or {}).values() if name in table.column_names]
    if not tables:
        return current
    known = as_known(tables[-1], name, moment, current)
    for table in tables[:-1]:
        of_table = as_known(table, name, moment, np.full_like(current, np.nan))
        known = np.where(np.isnan(of_table), known, of_table)
    return known


def _end_of_period(panel: Panel) -> datetime | int:
    """When the period of the cutoff had ended, where a stamp names its start."""
    grid = panel.frequency
    label = grid.times(np.array([panel.cutoff + (0 if grid.month_end else 1)]))[0].as_py()
    if isinstance(label, int | datetime):
        return label
    day = label + timedelta(days=1) if grid.month_end else label
    return datetime.combine(day, time(), ZoneInfo(panel.time_zone)).astimezone(UTC)
