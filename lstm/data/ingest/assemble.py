"""From the rows of a table to the panel: times on the grid, one row a step, every repair counted.

Nothing loops over series or rows. Letters: R rows, U distinct times, S series, T steps, F future covariates.
"""

from datetime import datetime

import numpy as np

from lstm.config import Quality
from lstm.data.ingest.fill import FilledPanel, fill_panel
from lstm.data.ingest.missing_steps import missing_steps
from lstm.data.ingest.panel_settings import PanelSettings
from lstm.data.ingest.remarks import remark_codes, remark_series, series_table
from lstm.data.ingest.run_clock import Clock
from lstm.data.panel.calendar import PREFIX
from lstm.data.panel.gaps import carry_covariates, fill_absent, refuse_gaps, settle_future
from lstm.data.panel.lifecycle import ended_series, newest_steps
from lstm.data.panel.panel import Panel
from lstm.data.quality.findings import Findings
from lstm.data.quality.level_jumps import settle_jumps
from lstm.data.quality.report import MissingSteps, QualityReport
from lstm.data.rows.source_rows import SourceRows
from lstm.errors import ConfigError, DataError


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
    newest = _newest(panel)
    freshness, season = _patience(settings, filled.layout.clock)
    remark_codes(panel, findings)
    late = _lateness(panel, newest, freshness, settings.quality, findings)
    _apply_gaps(filled, settings, newest)
    remark_series(panel, newest, freshness, season, settings.quality.expected_for, findings)
    unit_change = settle_jumps(panel, season, newest, settings.quality, findings)
    expected = np.where(ended_series(panel, settings.quality.expected_for), newest_steps(panel), newest)
    report = _report(filled, newest, missing_steps(panel, expected))
    return panel, report.model_copy(update={"late": late, "unit_change": unit_change})


def _refuse_reserved_names(names: tuple[str, ...]) -> None:
    for name in names:
        if name.startswith(PREFIX):
            raise ConfigError(
                f"future covariate {name!r}: names that begin with {PREFIX!r} belong to the calendar; rename it"
            )


def _patience(settings: PanelSettings, clock: Clock) -> tuple[int, int]:
    """(how many steps the newest observation may lie before the cutoff, shortest season in steps)."""
    seasons = settings.seasons or clock.grid.default_seasons()
    return settings.quality.freshness or max(2 * settings.horizon, seasons[-1]), seasons[0]


def _newest(panel: Panel) -> int:
    """Ordinal of the newest step with an observed target."""
    newest = newest_steps(panel)
    if (newest < panel.start).all():
        raise DataError(
            f"no target ({', '.join(panel.target_names)}) has a value at or before the cutoff "
            f"{panel.frequency.text(panel.cutoff)}; look at the columns, or give a later as_of"
        )
    return int(newest[newest >= panel.start].max())


def _lateness(panel: Panel, newest: int, freshness: int, quality: Quality, findings: Findings) -> int:
    """Steps that the table ends too early, beyond what freshness allows; 0 when it is fresh enough."""
    behind = panel.cutoff - newest
    ends = f"the newest observation is of {findings.grid.text(newest)}, {behind} steps before the cutoff"
    if behind > freshness and quality.late_end == "error":
        raise DataError(
            f"{ends} {findings.grid.text(panel.cutoff)}, and at most {freshness} are allowed; bring the table up to "
            'date, give an older --as-of, raise quality.freshness, or set quality.late_end = "degrade"'
        )
    if behind:
        findings.warn(f"the table ends {behind} steps before the cutoff; bridged by masking")
    return behind if behind > freshness else 0


def _apply_gaps(filled: FilledPanel, settings: PanelSettings, newest: int) -> None:
    panel, findings, source = filled.panel, filled.findings, settings.source
    if source.gaps == "zero":
        # Rows that are absent here say nothing about a table of its own.
        fill_absent(panel, filled.present, newest, ahead=source.future is None, findings=findings)
    elif source.gaps == "error":
        refuse_gaps(panel, filled.present, findings)
    settle_future(panel, source.future_gaps, ended_series(panel, settings.quality.expected_for), findings)
    carry_covariates(panel, findings)


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
