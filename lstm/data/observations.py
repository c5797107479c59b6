"""From the rows of a table to the panel: times on the grid, one row a step, every repair counted.

Nothing loops over series or rows. Letters: R rows, U distinct times, S series, T steps, F future covariates.
"""

from datetime import datetime

import numpy as np
import pyarrow as pa

from lstm.config import Pipeline
from lstm.data.bad_rows import BadRows
from lstm.data.calendar import PREFIX, calendar_covariates
from lstm.data.channels import Channels
from lstm.data.clock import Clock, read_clock
from lstm.data.findings import Findings
from lstm.data.frequency import parse_frequency
from lstm.data.gaps import carry_covariates, fill_absent, refuse_gaps, refuse_unknown_future
from lstm.data.layout import Layout, lay_out
from lstm.data.panel import Panel
from lstm.data.quality import QualityReport, listed
from lstm.data.remarks import remark_series, series_table
from lstm.data.series_keys import SeriesKeys, group_series, look_alikes
from lstm.data.source_rows import SourceRows
from lstm.data.timestamps import TimeRules, read_times
from lstm.errors import ConfigError, DataError


def assemble(rows: SourceRows, pipeline: Pipeline, as_of: datetime | int) -> tuple[Panel, QualityReport]:
    """The panel of a table's rows, in any order, as of a moment, and what was found.

    Targets and past covariates after the cutoff are hidden; future covariates are read to the end of the horizon.
    Raises DataError where the observations break a rule of the pipeline file, ConfigError where as_of or a name in the
    file does not fit.
    """
    source, table = pipeline.source, rows.table
    _refuse_reserved_names(source.future_covariates)
    bad = BadRows(len(table), rows.place)
    keys = group_series(table, source.series, bad, source.bad_rows)
    times = read_times(table[source.time], _time_rules(pipeline, keys), bad)
    left_out = np.isin(np.array(keys.names, object), np.array(pipeline.quality.exclude, object))
    included = ~np.append(left_out, True)[keys.code] & ~bad.mask
    clock = read_clock(table, pipeline, as_of, keys, times, included)
    layout = lay_out(clock, pipeline.horizon, source.duplicates, keys, times, included)
    found = Findings([name for name, alive in zip(keys.names, layout.alive, strict=True) if alive], clock.grid)
    panel = _panel(Channels(table, source, layout, found), pipeline, keys)
    newest = _newest(panel)
    freshness, season = _patience(pipeline, clock)
    _refuse_stale(panel, newest, freshness, found)
    _apply_gaps(panel, layout, pipeline, newest, found)
    _remark_absent(pipeline, keys, layout, left_out, found)
    remark_series(panel, newest, freshness, season, found)
    return panel, _report(rows, panel, layout, newest, found)


def _refuse_reserved_names(names: tuple[str, ...]) -> None:
    for name in names:
        if name.startswith(PREFIX):
            raise ConfigError(f"future covariate {name!r}: names that begin with {PREFIX!r} are the calendar's")


def _time_rules(pipeline: Pipeline, keys: SeriesKeys) -> TimeRules:
    wanted = parse_frequency(pipeline.frequency).arrow_type if pipeline.frequency is not None else None
    source = pipeline.source
    return TimeRules(
        source.time,
        source.time_format,
        pipeline.time_zone,
        wanted,
        keys.code,
        keys.names,
        source.bad_rows,
        source.off_grid,
        source.repeated_hour,
    )


def _patience(pipeline: Pipeline, clock: Clock) -> tuple[int, int]:
    """(steps that the newest observation may lie before the cutoff, shortest season)."""
    seasons = pipeline.seasons or clock.grid.default_seasons()
    return pipeline.quality.freshness or max(2 * pipeline.horizon, seasons[-1]), seasons[0]


def _panel(channels: Channels, pipeline: Pipeline, keys: SeriesKeys) -> Panel:
    """The panel before gaps are settled."""
    source, layout = pipeline.source, channels.layout
    channels.settle_duplicates()
    dtype, steps = channels.dtype(), int(layout.indptr[-1])
    calendar_names, calendar = _calendar(pipeline, layout)
    own = len(source.future_covariates)
    future = np.full((steps, own + len(calendar_names)), np.nan, dtype)
    panel = Panel(
        frequency=layout.clock.grid,
        cutoff=layout.clock.cutoff,
        horizon=pipeline.horizon,
        keys=keys.keys.filter(pa.array(layout.alive)) if keys.keys.num_columns else keys.keys,
        indptr=layout.indptr,
        start=layout.first,
        targets=np.full((steps, len(source.targets)), np.nan, dtype),
        past=np.full((steps, len(source.past_covariates)), np.nan, dtype),
        future=future,
        static=channels.static(),
        target_names=source.targets,
        past_names=source.past_covariates,
        future_names=(*source.future_covariates, *calendar_names),
        static_names=source.static_covariates,
    )
    channels.fill(source.targets, panel.targets)
    channels.fill(source.past_covariates, panel.past)
    channels.fill(source.future_covariates, panel.future)
    if calendar_names:
        panel.future[:, own:] = calendar[panel.ordinals - layout.first.min()]
    return panel


def _calendar(pipeline: Pipeline, layout: Layout) -> tuple[tuple[str, ...], np.ndarray]:
    """Calendar covariates of every ordinal from the earliest step of any series to the end of the horizon."""
    ordinals = np.arange(layout.first.min(), layout.clock.cutoff + pipeline.horizon + 1)
    return calendar_covariates(pipeline.calendar, layout.clock.grid, ordinals, pipeline.time_zone)


def _newest(panel: Panel) -> int:
    """Ordinal of the newest step with an observed target."""
    # Not `panel.observed`, which is kept: gaps may be filled after this.
    observed = ~np.isnan(panel.targets).all(axis=1)
    if not observed.any():
        raise DataError(
            f"no target ({', '.join(panel.target_names)}) has a value at or before the cutoff "
            f"{panel.frequency.text(panel.cutoff)}; look at the columns, or give a later as_of"
        )
    return int(panel.ordinals[observed].max())


def _refuse_stale(panel: Panel, newest: int, freshness: int, found: Findings) -> None:
    behind = panel.cutoff - newest
    ends = f"the newest observation is of {found.grid.text(newest)}, {behind} steps before the cutoff"
    if behind > freshness:
        raise DataError(
            f"{ends} {found.grid.text(panel.cutoff)}, and at most {freshness} are allowed; bring the table up to date, "
            "give an older --as-of, or raise quality.freshness"
        )
    if behind:
        found.warn(f"the table ends {behind} steps before the cutoff; bridged by masking")


def _apply_gaps(panel: Panel, layout: Layout, pipeline: Pipeline, newest: int, found: Findings) -> None:
    own = len(pipeline.source.future_covariates)
    if pipeline.source.gaps == "zero":
        fill_absent(panel, layout.present, newest, own, found)
    elif pipeline.source.gaps == "error":
        refuse_gaps(panel, layout.present, found)
    refuse_unknown_future(panel, own, found)
    carry_covariates(panel, own, found)


def _remark_absent(pipeline: Pipeline, keys: SeriesKeys, layout: Layout, left_out: np.ndarray, found: Findings) -> None:
    """Warns of series without steps, of names to exclude that no series has, and of ids that look alike."""
    not_begun = [keys.names[index] for index in np.flatnonzero(~layout.alive & ~left_out)]
    if not_begun:
        found.warn(f"{len(not_begun):,} series begin after the cutoff and get no forecast yet: {listed(not_begun)}")
    unknown = sorted(set(pipeline.quality.exclude) - set(keys.names))
    if unknown:
        found.warn(f"quality.exclude names {len(unknown)} series that the table does not have: {listed(unknown)}")
    alike = [f"{one!r} and {other!r}" for one, other in look_alikes(keys.keys)]
    if alike:
        found.warn(f"{len(alike):,} pairs of ids look alike but differ in Unicode: {listed(alike)}")


def _report(rows: SourceRows, panel: Panel, layout: Layout, newest: int, found: Findings) -> QualityReport:
    return QualityReport(
        rows_read=len(rows.table) + rows.blank,
        rows_used=len(layout.series),
        rows_after_horizon=layout.later,
        series=panel.series,
        steps=panel.steps,
        cutoff=found.grid.text(panel.cutoff),
        newest=found.grid.text(newest),
        frequency=found.grid.alias,
        inferred=layout.clock.inferred,
        repairs=tuple(found.repairs),
        warnings=tuple(found.warnings),
        notes=rows.notes,
        per_series=series_table(panel),
    )
