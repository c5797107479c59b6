"""From the rows of one table or two to a panel whose gaps are not settled yet."""

from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pyarrow as pa

from lstm.data.frequency.inference import time_text
from lstm.data.ingest.channels import Channels, panel_dtype
from lstm.data.ingest.future_covariates import place_future
from lstm.data.ingest.identity import RowIdentity, identify_rows, ordinals_of
from lstm.data.ingest.off_grid import count_moved, settle_off_grid
from lstm.data.ingest.panel_rows import Layout, lay_out
from lstm.data.ingest.panel_settings import PanelSettings
from lstm.data.ingest.placement import Placement
from lstm.data.ingest.remarks import remark_ids
from lstm.data.ingest.run_clock import read_clock
from lstm.data.panel.panel import Panel
from lstm.data.panel.vintages import newest_versions, versions_table
from lstm.data.quality.findings import Findings
from lstm.data.quality.report import SHOWN
from lstm.data.rows.duplicates import Policy
from lstm.data.rows.source_rows import SetAside, SourceRows
from lstm.data.timestamps.far_times import TOLD_SHARE, far_values
from lstm.errors import DataError


@dataclass(frozen=True)
class FilledPanel:
    """A panel whose gaps are not settled yet, and what was counted on the way. present: bool (T), steps with a row."""

    panel: Panel
    layout: Layout
    present: np.ndarray
    findings: Findings
    counts: dict[str, int]
    set_aside: tuple[SetAside, ...]
    notes: tuple[str, ...]


def fill_panel(
    rows: SourceRows, settings: PanelSettings, as_of: datetime | int, future: SourceRows | None
) -> FilledPanel:
    """Reads the series and time of each row, lays out the panel and fills it. future: rows of `source.future`.

    Raises DataError and ConfigError as `lstm.data.ingest.assemble.assemble` does.
    """
    source = settings.source
    identity = identify_rows(rows, source.roles, settings, as_of, time_format=source.time_format)
    placement, late, findings = _place_rows(rows.table, identity, settings, as_of)
    layout = placement.layout
    tables = [(rows, identity)]
    newest = _newest_known(placement, identity, findings).merged_by(source.duplicates)
    channels = Channels(
        newest, source.roles.numbers, source.future_covariates, source.static_covariates, findings, source
    )
    channels.settle_duplicates()
    parts = [channels]
    versions = {"source": _versions(placement, identity, source.roles.numbers, source.duplicates)}
    keys = identity.keys.keys.filter(pa.array(layout.alive)) if source.series else identity.keys.keys
    remark_ids(identity.keys, identity.waiting(layout.alive), settings.quality.exclude, findings)
    if future is not None:
        time_format = source.future.time_format if source.future is not None else None
        future_identity = identify_rows(
            future, source.future_roles, settings, as_of, time_format=time_format, grid=layout.clock.grid
        )
        future_placement, future_channels = place_future(future.table, future_identity, layout, keys, source, findings)
        versions["future"] = _versions(future_placement, future_identity, source.future_covariates, source.duplicates)
        tables.append((future, future_identity))
        parts.append(future_channels)
    panel = _panel(parts, keys, settings)
    set_aside = [_set_aside(*table, settings.quality.max_bad_share) for table in tables]
    present = np.zeros(panel.steps, bool)
    present[newest.steps] = True
    return FilledPanel(
        panel=panel.with_versions({name: table for name, table in versions.items() if table is not None}),
        layout=layout,
        present=present,
        findings=findings,
        counts={
            "rows_read": len(rows.table) + rows.blank + sum(aside.rows for aside in rows.set_aside),
            "rows_used": newest.rows,
            "rows_after_horizon": late,
            "rows_set_aside": sum(aside.rows for aside in set_aside[0]),
            "rows_not_known_yet": identity.unknown,
        },
        set_aside=tuple(aside for of_table in set_aside for aside in of_table),
        notes=tuple(note for table, of_table in tables for note in (*table.notes, *of_table.times.notes)),
    )


def _place_rows(
    table: pa.Table, identity: RowIdentity, settings: PanelSettings, as_of: datetime | int
) -> tuple[Placement, int, Findings]:
    """(every row on its step, number of rows later than the run may read, the findings, which begin here)."""
    source, times = settings.source, identity.times
    if not identity.included.any():
        raise DataError(identity.why_nothing(as_of))
    clock = read_clock(table, settings, as_of, identity)
    # By distinct time, then by row through its code; the False at the end is for bad rows, whose code is -1.
    ordinals, exact = ordinals_of(clock.grid, times.values, source)
    late = np.append(ordinals > clock.last, True)[times.code] & identity.included
    in_time = identity.included & ~late
    off = np.append(~exact, False)[times.code] & in_time
    chosen = settle_off_grid(off, in_time, identity, clock.grid, source)
    layout = lay_out(clock, settings.horizon, identity.keys, times, ordinals, chosen)
    names = [name for name, alive in zip(identity.keys.names, layout.alive, strict=True) if alive]
    findings = Findings(names, clock.grid)
    placement = _placement(table, identity, layout, ordinals, chosen)
    count_moved(placement, identity, off, source, findings)
    _remark_far_ahead(identity, ordinals, late, layout, findings)
    return placement, int(late.sum()), findings


def _set_aside(rows: SourceRows, identity: RowIdentity, allowed: float) -> tuple[SetAside, ...]:
    """What was set aside of a table. allowed: share of its rows; raises DataError where it is more than that."""
    set_aside = (*rows.set_aside, *identity.bad.set_aside)
    bad = sum(aside.rows for aside in set_aside)
    read = len(rows.table) + sum(aside.rows for aside in rows.set_aside)
    if bad > allowed * read:
        worst = max(set_aside, key=lambda aside: aside.rows)
        raise DataError(
            f"{bad:,} of {read:,} rows cannot be used, more than quality.max_bad_share = {allowed:g} allows; most "
            f"often {worst.why}: {', '.join(worst.examples[:3])}"
        )
    return set_aside


def _placement(
    table: pa.Table, identity: RowIdentity, layout: Layout, ordinals: np.ndarray, chosen: np.ndarray
) -> Placement:
    series = identity.keys.code
    if not layout.alive.all():
        # Series without a row up to the cutoff get no steps, so those after them move up; -1 again for bad rows.
        place = np.append(np.where(layout.alive, np.cumsum(layout.alive) - 1, -1), -1).astype(np.int32)
        series = place[identity.keys.code]
        chosen = chosen & (series >= 0)
    return Placement(table, layout, series, chosen, layout.steps_of(series, identity.times, ordinals, chosen))


def _remark_far_ahead(
    identity: RowIdentity, ordinals: np.ndarray, late: np.ndarray, layout: Layout, findings: Findings
) -> None:
    """Names rows after what the run may read that are far from the rest: a mark of never, or a slip of a year.

    Or further ahead than the whole history is long, which may be short.
    """
    clock = layout.clock
    limit = clock.last + max(clock.cutoff - int(layout.first.min()), 10 * layout.horizon)
    far_ahead = (ordinals > limit) | far_values(identity.times.values, np.ones(len(ordinals), bool), str, TOLD_SHARE)[0]
    far = np.flatnonzero(late & np.append(far_ahead, False)[identity.times.code])
    if len(far):
        keys, times = identity.keys, identity.times
        shown = [
            f"{keys.names[keys.code[row]]!r} at {time_text(times.values, int(times.code[row]))} "
            f"({identity.bad.place(row)})"
            for row in far[:SHOWN].tolist()
        ]
        findings.warn(f"{len(far):,} rows lie far in the future and are left out: {', '.join(shown)}")


def _newest_known(placement: Placement, identity: RowIdentity, findings: Findings) -> Placement:
    """The last known version of each step."""
    if identity.known is None:
        return placement
    newest = newest_versions(placement.steps, identity.known.since[placement.chosen], placement.layout.steps)
    findings.repaired_rows(
        "earlier versions",
        *placement.layout.place(placement.steps[~newest]),
        rows=placement.rows,
        advice="does source.known_at say when a row became known, and not a part of its time?",
    )
    return placement.only(newest)


def _versions(placement: Placement, identity: RowIdentity, names: tuple[str, ...], policy: Policy) -> pa.Table | None:
    if identity.known is None:
        return None
    values = {name: placement.all(name) for name in names}
    return versions_table(placement.steps, identity.known.since[placement.chosen], values, policy)


def _panel(parts: list[Channels], keys: pa.Table, settings: PanelSettings) -> Panel:
    """The panel before gaps are settled. parts: channels of the source, then of the table of future covariates."""
    observations, layout, source = parts[0], parts[0].placement.layout, settings.source
    dtype = panel_dtype(parts)
    static, categories = observations.static_values()
    panel = Panel(
        frequency=layout.clock.grid,
        cutoff=layout.clock.cutoff,
        horizon=settings.horizon,
        keys=keys,
        indptr=layout.indptr,
        start=layout.first,
        targets=np.full((layout.steps, len(source.targets)), np.nan, dtype),
        past=np.full((layout.steps, len(source.past_covariates)), np.nan, dtype),
        future=np.full((layout.steps, len(source.future_covariates)), np.nan, dtype),
        static=static,
        target_names=source.targets,
        past_names=source.past_covariates,
        future_names=source.future_covariates,
        static_names=source.static_covariates,
        categories=categories,
        calendar=settings.calendar,
        time_zone=settings.time_zone,
    )
    observations.fill(source.targets, panel.targets)
    observations.fill(source.past_covariates, panel.past)
    for part in parts:
        if set(source.future_covariates) <= set(part.names):
            part.fill(source.future_covariates, panel.future, only_missing=part is not observations)
    return panel
