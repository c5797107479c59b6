"""From the rows of one table or two to a panel whose gaps are not settled yet."""

from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pyarrow as pa

from lstm.config import Pipeline
from lstm.data.frequency.inference import time_text
from lstm.data.ingest.channels import Channels, panel_dtype
from lstm.data.ingest.future_covariates import place_future
from lstm.data.ingest.identity import Identity, identify, ordinals_of
from lstm.data.ingest.off_grid import count_floored, settle_off_grid
from lstm.data.ingest.panel_rows import Layout, lay_out
from lstm.data.ingest.placement import Placement
from lstm.data.ingest.remarks import remark_ids
from lstm.data.ingest.run_clock import read_clock
from lstm.data.panel.panel import Panel
from lstm.data.panel.vintages import newest_versions, versions_table
from lstm.data.quality.findings import Findings
from lstm.data.quality.report import SHOWN
from lstm.data.rows.duplicates import Policy
from lstm.data.rows.source_rows import SetAside, SourceRows
from lstm.errors import DataError


@dataclass(frozen=True)
class Gathered:
    """A panel whose gaps are not settled yet, and what was counted on the way. present: bool (T), steps with a row."""

    panel: Panel
    layout: Layout
    present: np.ndarray
    found: Findings
    counts: dict[str, int]
    set_aside: tuple[SetAside, ...]
    notes: tuple[str, ...]


def gather(rows: SourceRows, pipeline: Pipeline, as_of: datetime | int, future: SourceRows | None) -> Gathered:
    """Reads what each row is about, lays out the panel and fills it. future: rows of `source.future`.

    Raises DataError and ConfigError as `lstm.data.ingest.assemble.assemble` does.
    """
    source = pipeline.source
    about = identify(rows, source.roles, pipeline, as_of, time_format=source.time_format)
    every, late, found = _laid_out(rows.table, about, pipeline, as_of)
    tables = [(rows, about)]
    placed = _newest_known(every, about, found).merged_by(source.duplicates)
    channels = Channels(placed, source.roles.numbers, source.future_covariates, source.static_covariates, found, source)
    channels.settle_duplicates()
    versions, parts = {"source": _versions(every, about, source.roles.numbers, source.duplicates)}, [channels]
    keys = about.keys.keys.filter(pa.array(every.layout.alive)) if source.series else about.keys.keys
    remark_ids(about.keys, about.waiting(every.layout.alive), pipeline.quality.exclude, found)
    if future is not None:
        time_format = source.future.time_format if source.future is not None else None
        theirs = identify(
            future, source.future_roles, pipeline, as_of, time_format=time_format, grid=every.layout.clock.grid
        )
        all_of_future, further = place_future(future.table, theirs, every.layout, keys, pipeline, found)
        versions["future"] = _versions(all_of_future, theirs, source.future_covariates, source.duplicates)
        tables.append((future, theirs))
        parts.append(further)
    panel = _panel(parts, keys, pipeline)
    set_aside = [_set_aside(*table, pipeline) for table in tables]
    present = np.zeros(panel.steps, bool)
    present[placed.steps] = True
    return Gathered(
        panel=panel.with_versions({name: table for name, table in versions.items() if table is not None}),
        layout=every.layout,
        present=present,
        found=found,
        counts={
            "rows_read": len(rows.table) + rows.blank + sum(one.rows for one in rows.set_aside),
            "rows_used": placed.rows,
            "rows_after_horizon": late,
            "rows_set_aside": sum(one.rows for one in set_aside[0]),
            "rows_not_known_yet": about.unknown,
        },
        set_aside=tuple(one for found_there in set_aside for one in found_there),
        notes=tuple(note for read, own in tables for note in (*read.notes, *own.times.notes)),
    )


def _laid_out(
    table: pa.Table, about: Identity, pipeline: Pipeline, as_of: datetime | int
) -> tuple[Placement, int, Findings]:
    """(every row on its step, number of rows later than the run may read, what is found from here on)."""
    source, times = pipeline.source, about.times
    if not about.included.any():
        raise DataError(about.why_nothing(as_of))
    clock = read_clock(table, pipeline, as_of, about.keys, times, about.included)
    ordinals, exact = ordinals_of(clock.grid, times.values, source.time_label)
    late = np.append(ordinals > clock.last, True)[times.code] & about.included
    chosen = about.included & ~late
    off = np.append(~exact, False)[times.code] & chosen
    chosen = settle_off_grid(off, chosen, about, clock.grid, source)
    layout = lay_out(clock, pipeline.horizon, about.keys, times, ordinals, chosen)
    names = [name for name, alive in zip(about.keys.names, layout.alive, strict=True) if alive]
    found = Findings(names, clock.grid)
    every = _placed(table, about, layout, ordinals, chosen)
    count_floored(every, about, off, found)
    _remark_far_ahead(about, ordinals, late, layout, found)
    return every, int(late.sum()), found


def _set_aside(rows: SourceRows, about: Identity, pipeline: Pipeline) -> tuple[SetAside, ...]:
    """What was set aside of a table. Raises DataError where that is more than `quality.max_bad_share`."""
    found, allowed = (*rows.set_aside, *about.bad.found), pipeline.quality.max_bad_share
    bad = sum(one.rows for one in found)
    read = len(rows.table) + sum(one.rows for one in rows.set_aside)
    if bad > allowed * read:
        worst = max(found, key=lambda one: one.rows)
        raise DataError(
            f"{bad:,} of {read:,} rows cannot be used, more than quality.max_bad_share = {allowed:g} allows; most "
            f"often {worst.why}: {', '.join(worst.examples[:3])}"
        )
    return found


def _placed(table: pa.Table, about: Identity, layout: Layout, ordinals: np.ndarray, chosen: np.ndarray) -> Placement:
    series = about.keys.code
    if not layout.alive.all():
        place = np.append(np.where(layout.alive, np.cumsum(layout.alive) - 1, -1), -1).astype(np.int32)
        series = place[about.keys.code]
        chosen = chosen & (series >= 0)
    return Placement(table, layout, series, chosen, layout.steps_of(series, about.times, ordinals, chosen))


def _remark_far_ahead(about: Identity, ordinals: np.ndarray, late: np.ndarray, layout: Layout, found: Findings) -> None:
    """Names rows that lie further ahead than the whole history is long: a mark of something without an end."""
    clock = layout.clock
    limit = clock.last + max(clock.cutoff - int(layout.first.min()), 10 * layout.horizon)
    far = np.flatnonzero(late & np.append(ordinals > limit, False)[about.times.code])
    if len(far):
        keys, times = about.keys, about.times
        shown = [
            f"{keys.names[keys.code[row]]!r} at {time_text(times.values, int(times.code[row]))}"
            for row in far[:SHOWN].tolist()
        ]
        found.warn(f"{len(far):,} rows lie far in the future and are left out: {', '.join(shown)}")


def _newest_known(every: Placement, about: Identity, found: Findings) -> Placement:
    """The last known version of each step."""
    if about.known is None:
        return every
    newest = newest_versions(every.steps, about.known.since[every.chosen], every.layout.steps)
    found.repaired("earlier versions", "", *every.layout.place(every.steps[~newest]))
    return every.only(newest)


def _versions(every: Placement, about: Identity, names: tuple[str, ...], policy: Policy) -> pa.Table | None:
    if about.known is None:
        return None
    values = {name: every.all(name) for name in names}
    return versions_table(every.steps, about.known.since[every.chosen], values, policy)


def _panel(parts: list[Channels], keys: pa.Table, pipeline: Pipeline) -> Panel:
    """The panel before gaps are settled. parts: channels of the source, then of the table of future covariates."""
    own, layout, source = parts[0], parts[0].placed.layout, pipeline.source
    dtype = panel_dtype(parts)
    panel = Panel(
        frequency=layout.clock.grid,
        cutoff=layout.clock.cutoff,
        horizon=pipeline.horizon,
        keys=keys,
        indptr=layout.indptr,
        start=layout.first,
        targets=np.full((layout.steps, len(source.targets)), np.nan, dtype),
        past=np.full((layout.steps, len(source.past_covariates)), np.nan, dtype),
        future=np.full((layout.steps, len(source.future_covariates)), np.nan, dtype),
        static=own.static_values(),
        target_names=source.targets,
        past_names=source.past_covariates,
        future_names=source.future_covariates,
        static_names=source.static_covariates,
        calendar=pipeline.calendar,
        time_zone=pipeline.time_zone,
    )
    own.fill(source.targets, panel.targets)
    own.fill(source.past_covariates, panel.past)
    for part in parts:
        if set(source.future_covariates) <= set(part.names):
            part.fill(source.future_covariates, panel.future, only_missing=part is not own)
    return panel
