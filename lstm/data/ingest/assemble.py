"""From the rows of a table to the panel: times on the grid, one row a step, every repair counted.

Nothing loops over series or rows. Letters: R rows, U distinct times, S series, T steps, F future covariates.
"""

from datetime import datetime

import numpy as np

from lstm.config import Quality
from lstm.data.frequency.local_days import never_were
from lstm.data.ingest.fill import FilledPanel, fill_panel
from lstm.data.ingest.missing_steps import missing_steps
from lstm.data.ingest.panel_settings import PanelSettings
from lstm.data.ingest.remarks import remark_codes, remark_covariates, remark_series, series_table
from lstm.data.ingest.run_clock import Clock
from lstm.data.jumps.level_jumps import settle_jumps
from lstm.data.panel.blocks import series_blocks
from lstm.data.panel.calendar import PREFIX
from lstm.data.panel.closed import closed_places, closed_steps, rows_by_step
from lstm.data.panel.gaps import fill_absent, fill_covariates, place, reached, refuse_gaps, settle_future
from lstm.data.panel.lifecycle import ended_series, newest_steps
from lstm.data.panel.panel import Panel
from lstm.data.quality.findings import Findings
from lstm.data.quality.report import MissingSteps, QualityReport
from lstm.data.rows.source_rows import SourceRows
from lstm.errors import ConfigError, DataError
from lstm.quantity import quantity


def assemble(
    rows: SourceRows, settings: PanelSettings, as_of: datetime | int, future: SourceRows | None = None
) -> tuple[Panel, QualityReport]:
    """The panel of a table's rows, in any order, as of a moment, and what was found.

    Targets and past covariates after the cutoff are hidden; future covariates are read to the end of the horizon. The
    rows are let go as soon as the panel holds them. future: rows of `source.future`.
    Raises DataError where the observations break a rule of the pipeline file, ConfigError where as_of or a name in the
    file does not fit.
    """
    _refuse_reserved_names(settings.source.future_covariates)
    filled = fill_panel(rows, settings, as_of, future)
    del rows, future
    panel, findings = filled.panel, filled.findings
    freshness, seasons = _patience(settings, filled.layout.clock)
    closed = _closed(panel)
    _leave_out_closed(panel, closed, findings)
    newest = _newest(panel)
    remark_codes(panel, findings)
    zero = settings.source.gaps == "zero"
    through = reached(panel, filled.present, newest, seasons) if zero else newest
    late = _lateness(panel, newest, _open_after(panel, through, closed), freshness, settings.quality, findings)
    _apply_gaps(filled, settings, through, closed)
    remark_series(panel, newest, freshness, seasons[0], settings.quality.expected_for, findings)
    remark_covariates(panel, findings)
    _remark_closed(panel, filled.present, newest, closed, findings)
    unit_change = settle_jumps(panel, seasons[0], newest, settings.quality, findings)
    expected = np.where(ended_series(panel, settings.quality.expected_for), newest_steps(panel), newest)
    report = _report(filled, newest, missing_steps(panel, expected))
    return panel, report.model_copy(update={"late": late, "unit_change": unit_change})


def _refuse_reserved_names(names: tuple[str, ...]) -> None:
    for name in names:
        if name.startswith(PREFIX):
            raise ConfigError(
                f"future covariate {name!r}: names that begin with {PREFIX!r} belong to the calendar; rename it"
            )


def _patience(settings: PanelSettings, clock: Clock) -> tuple[int, tuple[int, ...]]:
    """(how many steps the newest observation may lie before the cutoff, seasons in steps, shortest first)."""
    seasons = settings.seasons or clock.grid.default_seasons()
    return settings.quality.freshness or max(2 * settings.horizon, seasons[-1]), seasons


def _closed(panel: Panel) -> np.ndarray:
    """bool: the closed steps, from the first ordinal of the panel to the end of its horizon."""
    ordinals = np.arange(int(panel.start.min()), panel.cutoff + panel.horizon + 1)
    return closed_steps(panel.calendar, panel.frequency, ordinals, panel.time_zone)


def _leave_out_closed(panel: Panel, closed: np.ndarray, findings: Findings) -> None:
    """Targets of closed steps are not observations; those that are not 0 are counted, since somebody may miss them."""
    if not closed.any():
        return
    for first, after in series_blocks(panel.indptr):
        ordinals = panel.block_ordinals(first, after)
        rows = panel.indptr[first] + np.flatnonzero(closed[ordinals - int(panel.start.min())])
        for index, name in enumerate(panel.target_names):
            lost = rows[np.nan_to_num(panel.targets[rows, index]) != 0.0]
            findings.repaired("values of closed steps left out", name, *place(panel, lost))
            panel.targets[rows, index] = np.nan


def _remark_closed(panel: Panel, present: np.ndarray, newest: int, closed: np.ndarray, findings: Findings) -> None:
    """Says which steps are closed, or could be: places of the week or day that never have a row."""
    calendar = panel.calendar
    if calendar.closed:
        share = closed[: panel.cutoff + 1 - int(panel.start.min())].mean()
        what = "and are forecast as 0" if calendar.closed_forecast == "zero" else "and get no forecast"
        findings.warn(
            f"{share:.1%} of the steps are closed by calendar.closed ({', '.join(calendar.closed)}) {what}; they are "
            "neither missing nor scored"
        )
        return
    places = closed_places(panel.frequency, rows_by_step(panel, present, newest), panel.time_zone)
    if places:
        names = ", ".join(f'"{place}"' for place in places)
        findings.warn(
            f"no series has a row on {' or '.join(places)}; if that is always so, set calendar.closed = [{names}], "
            "or these steps are forecast like all others"
        )


def _open_after(panel: Panel, ordinal: int, closed: np.ndarray) -> int:
    """How many open steps lie after an ordinal, up to the cutoff."""
    first = int(panel.start.min())
    return int((~closed[ordinal + 1 - first : panel.cutoff + 1 - first]).sum())


def _newest(panel: Panel) -> int:
    """Ordinal of the newest step with an observed target."""
    newest = newest_steps(panel)
    if (newest < panel.start).all():
        raise DataError(
            f"no target ({', '.join(panel.target_names)}) has a value at or before the cutoff "
            f"{panel.frequency.text(panel.cutoff)}; look at the columns, or give a later as_of"
        )
    return int(newest[newest >= panel.start].max())


def _lateness(panel: Panel, newest: int, behind: int, freshness: int, quality: Quality, findings: Findings) -> int:
    """Steps that the table ends too early, beyond what freshness allows; 0 when it is fresh enough.

    behind: how many steps are missing between its newest observation and the cutoff.
    """
    distance = f"{quantity(behind, 'step')} before the cutoff"
    ends = f"the newest observation is of {findings.grid.text(newest)}, {distance}"
    if behind > freshness and quality.late_end == "error":
        raise DataError(
            f"{ends} {findings.grid.text(panel.cutoff)}, and at most {freshness} are allowed; bring the table up to "
            'date, give an older --as-of, raise quality.freshness, or set quality.late_end = "degrade"'
        )
    if behind:
        findings.warn(f"the table ends {distance}; models forecast from its end")
    return behind if behind > freshness else 0


def _apply_gaps(filled: FilledPanel, settings: PanelSettings, through: int, closed: np.ndarray) -> None:
    panel, findings, source = filled.panel, filled.findings, settings.source
    present = filled.present
    unlived = never_were(int(panel.start.min()), panel.cutoff, panel.frequency, settings.time_zone)
    if len(unlived):  # a day that never was is no gap
        present = present | np.isin(panel.ordinals, unlived)
    if closed.any():
        present = present | closed[panel.ordinals - int(panel.start.min())]
    if source.gaps == "zero":
        fill_absent(panel, present, through, findings)
    elif source.gaps == "error":
        refuse_gaps(panel, present, findings)
    ended = ended_series(panel, settings.quality.expected_for)
    settle_future(panel, source.future_gaps, ended[:, None] | closed[-panel.horizon :], findings)
    fill_covariates(panel, source.future_gaps, findings)


def _report(filled: FilledPanel, newest: int, missing: tuple[MissingSteps, ...]) -> QualityReport:
    panel, findings = filled.panel, filled.findings
    return QualityReport(
        **filled.counts,
        series=panel.series,
        steps=panel.steps,
        cutoff=findings.grid.text(panel.cutoff),
        newest=findings.grid.text(newest),
        frequency=findings.grid.alias,
        inferred=filled.layout.clock.inferred,
        vintages=panel.versions is not None,
        repairs=tuple(findings.repairs),
        missing=missing,
        set_aside=filled.set_aside,
        warnings=tuple(findings.warnings),
        notes=filled.notes,
        per_series=series_table(panel),
    )
