"""From the rows of a table to the panel: times on the grid, one row a step, every repair counted.

Nothing loops over series or rows. Letters: R rows, U distinct times, S series, T steps, F future covariates.
"""

from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pyarrow as pa

from lstm.config import Pipeline
from lstm.data.calendar import PREFIX
from lstm.data.channels import Channels
from lstm.data.clock import Clock, read_clock
from lstm.data.findings import Findings
from lstm.data.future_table import fill_future, place_future
from lstm.data.gaps import carry_covariates, fill_absent, refuse_gaps, settle_future
from lstm.data.identity import Identity, identify, ordinals_of
from lstm.data.layout import Layout, lay_out
from lstm.data.off_grid import settle_off_grid
from lstm.data.panel import Panel
from lstm.data.placement import Placement
from lstm.data.quality import QualityReport
from lstm.data.remarks import newest_steps, remark_ids, remark_series, series_table
from lstm.data.source_rows import SetAside, SourceRows
from lstm.data.versions import newest_versions, versions_table
from lstm.errors import ConfigError, DataError


def assemble(
    rows: SourceRows, pipeline: Pipeline, as_of: datetime | int, future: SourceRows | None = None
) -> tuple[Panel, QualityReport]:
    """The panel of a table's rows, in any order, as of a moment, and what was found.

    Targets and past covariates after the cutoff are hidden; future covariates are read to the end of the horizon. The
    rows are let go as soon as the panel holds them. future: rows of `source.future`.
    Raises DataError where the observations break a rule of the pipeline file, ConfigError where as_of or a name in the
    file does not fit.
    """
    _refuse_reserved_names(pipeline.source.future_covariates)
    made = _read(rows, pipeline, as_of, future)
    del rows, future
    panel, found = made.panel, made.found
    newest = _newest(panel)
    freshness, season = _patience(pipeline, made.layout.clock)
    late = _lateness(panel, newest, freshness, pipeline, found)
    _apply_gaps(panel, made, pipeline, newest, freshness)
    remark_series(panel, newest, freshness, season, found)
    return panel, _report(made, newest, late)


@dataclass(frozen=True)
class _Made:
    """A panel whose gaps are not settled yet, and what was counted on the way. present: bool (T), steps with a row."""

    panel: Panel
    layout: Layout
    present: np.ndarray
    found: Findings
    counts: dict[str, int]
    set_aside: tuple[SetAside, ...]
    notes: tuple[str, ...]


def _refuse_reserved_names(names: tuple[str, ...]) -> None:
    for name in names:
        if name.startswith(PREFIX):
            raise ConfigError(f"future covariate {name!r}: names that begin with {PREFIX!r} are the calendar's")


def _patience(pipeline: Pipeline, clock: Clock) -> tuple[int, int]:
    """(steps that the newest observation may lie before the cutoff, shortest season)."""
    seasons = pipeline.seasons or clock.grid.default_seasons()
    return pipeline.quality.freshness or max(2 * pipeline.horizon, seasons[-1]), seasons[0]


def _read(rows: SourceRows, pipeline: Pipeline, as_of: datetime | int, future: SourceRows | None) -> _Made:
    source, table = pipeline.source, rows.table
    about = identify(rows, source.roles, pipeline, as_of, time_format=source.time_format)
    clock = read_clock(table, pipeline, as_of, about.keys, about.times, about.included)
    ordinals, exact = ordinals_of(clock.grid, about.times.values, source.time_label)
    late = np.append(ordinals > clock.last, True)[about.times.code] & about.included
    chosen = about.included & ~late
    off = np.append(~exact, False)[about.times.code] & chosen
    chosen = settle_off_grid(off, chosen, about, clock.grid, source)
    layout = lay_out(clock, pipeline.horizon, about.keys, about.times, ordinals, chosen)
    names = [name for name, alive in zip(about.keys.names, layout.alive, strict=True) if alive]
    found = Findings(names, clock.grid)
    every = _placed(table, about, layout, ordinals, chosen)
    _count_floored(every, about, off, found)
    placed = _newest_known(every, about, found).merged_by(source.duplicates)
    panel = _panel(placed, about, pipeline, found)
    versions = {"source": _versions(every, about, source.roles.numbers)}
    notes, set_aside = [*rows.notes, *about.times.notes], [*rows.set_aside, *about.bad.found]
    remark_ids(about.keys, about.left_out, layout.alive, pipeline.quality.exclude, found)
    if future is not None:
        theirs = identify(future, source.future_roles, pipeline, as_of, time_format=_format(pipeline))
        all_of_future, newest = place_future(future.table, theirs, layout, panel.keys, pipeline, found)
        fill_future(panel, newest, source.future_covariates, found)
        versions["future"] = _versions(all_of_future, theirs, source.future_covariates)
        notes += [f"source.future: {note}" for note in (*future.notes, *theirs.times.notes)]
        set_aside += [*future.set_aside, *theirs.bad.found]
        _refuse_many_bad(len(future.table), [*future.set_aside, *theirs.bad.found], pipeline, "source.future")
    panel = panel.with_versions({name: table for name, table in versions.items() if table is not None})
    present = np.zeros(layout.steps, bool)
    present[placed.steps] = True
    aside = sum(one.rows for one in (*rows.set_aside, *about.bad.found))
    _refuse_many_bad(len(table), [*rows.set_aside, *about.bad.found], pipeline, "the table")
    counts = {
        "rows_read": len(table) + rows.blank + sum(one.rows for one in rows.set_aside),
        "rows_used": placed.rows,
        "rows_after_horizon": int(late.sum()),
        "rows_set_aside": aside,
        "rows_not_known_yet": about.unknown,
    }
    return _Made(panel, layout, present, found, counts, tuple(set_aside), tuple(notes))


def _format(pipeline: Pipeline) -> str | None:
    return pipeline.source.future.time_format if pipeline.source.future is not None else None


def _refuse_many_bad(rows: int, set_aside: list[SetAside], pipeline: Pipeline, what: str) -> None:
    bad, allowed = sum(one.rows for one in set_aside), pipeline.quality.max_bad_share
    if bad > allowed * max(rows, bad):
        worst = max(set_aside, key=lambda one: one.rows)
        raise DataError(
            f"{bad:,} rows of {what} cannot be used, which is more than quality.max_bad_share = {allowed:g} of "
            f"{rows:,}; most often column {worst.column!r} {worst.reason}: {', '.join(worst.examples[:3])}"
        )


def _placed(table: pa.Table, about: Identity, layout: Layout, ordinals: np.ndarray, chosen: np.ndarray) -> Placement:
    series = about.keys.code
    if not layout.alive.all():
        place = np.append(np.where(layout.alive, np.cumsum(layout.alive) - 1, -1), -1).astype(np.int32)
        series = place[about.keys.code]
        chosen = chosen & (series >= 0)
    return Placement(table, layout, series, chosen, layout.steps_of(series, about.times, ordinals, chosen))


def _count_floored(placed: Placement, about: Identity, off: np.ndarray, found: Findings) -> None:
    cut = off if about.times.cut is None else off | about.times.cut
    if cut.any():
        found.repaired(
            "times counted for the step they lie in", "", *placed.layout.place(placed.steps[cut[placed.chosen]])
        )


def _newest_known(every: Placement, about: Identity, found: Findings) -> Placement:
    """The last known version of each step."""
    if about.known is None:
        return every
    newest = newest_versions(every.steps, about.known.of(every.chosen), every.layout.steps)
    found.repaired("earlier versions", "", *every.layout.place(every.steps[~newest]))
    return every.only(newest)


def _versions(every: Placement, about: Identity, names: tuple[str, ...]) -> pa.Table | None:
    if about.known is None:
        return None
    return versions_table(every.steps, about.known.of(every.chosen), {name: every.all(name) for name in names})


def _panel(placed: Placement, about: Identity, pipeline: Pipeline, found: Findings) -> Panel:
    """The panel before gaps are settled and the table of future covariates is read."""
    source, layout = pipeline.source, placed.layout
    own = source.roles.numbers
    channels = Channels(placed, own, source.future_covariates, source.static_covariates, found)
    channels.settle_duplicates()
    dtype = channels.dtype()
    keys = about.keys.keys
    panel = Panel(
        frequency=layout.clock.grid,
        cutoff=layout.clock.cutoff,
        horizon=pipeline.horizon,
        keys=keys.filter(pa.array(layout.alive)) if keys.num_columns else keys,
        indptr=layout.indptr,
        start=layout.first,
        targets=np.full((layout.steps, len(source.targets)), np.nan, dtype),
        past=np.full((layout.steps, len(source.past_covariates)), np.nan, dtype),
        future=np.full((layout.steps, len(source.future_covariates)), np.nan, dtype),
        static=channels.static_values(),
        target_names=source.targets,
        past_names=source.past_covariates,
        future_names=source.future_covariates,
        static_names=source.static_covariates,
        calendar=pipeline.calendar,
        time_zone=pipeline.time_zone,
    )
    channels.fill(source.targets, panel.targets)
    channels.fill(source.past_covariates, panel.past)
    if source.future_covariates and set(source.future_covariates) <= set(own):
        channels.fill(source.future_covariates, panel.future)
    return panel


def _newest(panel: Panel) -> int:
    """Ordinal of the newest step with an observed target."""
    newest = newest_steps(panel)
    if (newest < panel.start).all():
        raise DataError(
            f"no target ({', '.join(panel.target_names)}) has a value at or before the cutoff "
            f"{panel.frequency.text(panel.cutoff)}; look at the columns, or give a later as_of"
        )
    return int(newest[newest >= panel.start].max())


def _lateness(panel: Panel, newest: int, freshness: int, pipeline: Pipeline, found: Findings) -> int:
    """Steps that the table ends too early, beyond what freshness allows; 0 when it is fresh enough."""
    behind = panel.cutoff - newest
    ends = f"the newest observation is of {found.grid.text(newest)}, {behind} steps before the cutoff"
    if behind > freshness and pipeline.quality.late_end == "error":
        raise DataError(
            f"{ends} {found.grid.text(panel.cutoff)}, and at most {freshness} are allowed; bring the table up to date, "
            'give an older --as-of, raise quality.freshness, or set quality.late_end = "degrade"'
        )
    if behind:
        found.warn(f"the table ends {behind} steps before the cutoff; bridged by masking")
    return behind if behind > freshness else 0


def _apply_gaps(panel: Panel, made: _Made, pipeline: Pipeline, newest: int, freshness: int) -> None:
    source, found = pipeline.source, made.found
    if source.gaps == "zero":
        fill_absent(panel, made.present, newest, found)
    elif source.gaps == "error":
        refuse_gaps(panel, made.present, found)
    ended = newest_steps(panel) < newest - freshness
    settle_future(panel, source.future_gaps, ended, found)
    carry_covariates(panel, found)


def _report(made: _Made, newest: int, late: int) -> QualityReport:
    panel, found = made.panel, made.found
    return QualityReport(
        **made.counts,
        series=panel.series,
        steps=panel.steps,
        cutoff=found.grid.text(panel.cutoff),
        newest=found.grid.text(newest),
        late=late,
        frequency=found.grid.alias,
        inferred=made.layout.clock.inferred,
        vintages=panel.versions is not None,
        repairs=tuple(found.repairs),
        set_aside=made.set_aside,
        warnings=tuple(found.warnings),
        notes=made.notes,
        per_series=series_table(panel),
    )
