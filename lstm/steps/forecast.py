"""Forecast: whoever the verdict says forecasts every series; what fails falls back, and its rows say so."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from lstm.contestants import FAILED
from lstm.data.panel.closed import closed_times
from lstm.data.panel.lifecycle import expected_steps
from lstm.data.panel.panel import Panel
from lstm.data.rows.series_keys import series_names
from lstm.errors import DataError, StoreError, TooManyFailedError
from lstm.model.serving.forecast_rows import Served, absent_rows, forecast_rows, in_order, without_closed
from lstm.model.serving.serve import serve
from lstm.model.serving.serving_remarks import serving_remarks
from lstm.references import ForecastRef, PanelRef, Verdict
from lstm.report.alerts import Fallback, fallbacks
from lstm.steps.champions.who_serves import Judged, judged_by, rules_of, scores_mark, server_of
from lstm.steps.ingest import load_panel
from lstm.steps.job import Job
from lstm.storage.runs.run_folder import RunStore

VERSION = 6
SETTINGS = {"calendar", "quality", "serving", "minimum", "quantile_levels", "seasons"}


def forecast(job: Job, panel_ref: PanelRef, verdict: Verdict) -> ForecastRef:
    """Writes `forecast.parquet`, rows for every expected series."""
    store, judged = job.run_store(), judged_by(job, verdict)
    promoted = verdict.promoted_version if verdict.promote else None
    inputs = {
        "panel": panel_ref.fingerprint,
        "serve": [verdict.serve, verdict.champion_version, verdict.challenger_version, promoted],
        "scores": scores_mark(judged),
        "settings": job.pipeline.model_dump(mode="json", include=SETTINGS),
    }
    return store.once("forecast", VERSION, inputs, ForecastRef, lambda: _forecast(job, store, verdict, judged))


def _forecast(job: Job, store: RunStore, verdict: Verdict, judged: Judged | None) -> tuple[ForecastRef, dict[str, str]]:
    panel = load_panel(store)
    server = server_of(job, panel, verdict)
    served = serve(panel, server, rules_of(job, panel, server, judged))
    rows = forecast_rows(panel, served, job.pipeline.quantile_levels)
    job.ledger().check_layout(
        rows.schema
    )  # a table of other keys or levels is refused before anything is compared with it
    vanished = _vanished_series(job, panel)
    night = _counted(panel, served, len(vanished))
    _refuse_too_many(job, night)
    if len(vanished):
        reason = f"absent from the table, though forecast within the last {job.pipeline.quality.expected_for} days"
        rows = pa.concat_tables([rows, absent_rows(panel, vanished, job.pipeline.quantile_levels, reason)])
    calendar = job.pipeline.calendar
    rows = without_closed(
        in_order(rows, job.pipeline.source.series), closed_times(calendar, panel), job.pipeline.quantile_levels,
        zero=calendar.closed_forecast == "zero",
    )  # fmt: skip
    written = store.write_table("forecast.parquet", rows)
    versions = {version for version in served.version[~served.left_out].ravel() if version is not None}
    reference = ForecastRef(
        uri=f"{store.run_id}/forecast.parquet",
        fingerprint=written,
        rows=len(rows),
        series=night.series,
        methods=night.methods,
        failed_series=night.failed_series,
        model_version=versions.pop() if versions else None,
        remarks=serving_remarks(panel, server.model, served),
    )
    return reference, {"forecast.parquet": written}


def check_ledger(job: Job) -> None:
    """Raises StoreError or ConfigError when the forecasts table cannot take the rows that this panel will have.

    Their columns follow from the panel and the pipeline, so hours of training need not come first.
    """
    panel = load_panel(job.run_store(), calendar=False)
    like_tonights = absent_rows(panel, panel.keys.slice(0, 1), job.pipeline.quantile_levels, "")
    job.ledger().check_layout(like_tonights.schema)


@dataclass(frozen=True)
class _Night:
    """What a night amounts to. methods: number of targets of all series by method."""

    series: int
    failed_series: int
    targets: int
    methods: dict[str, int]


def _counted(panel: Panel, served: Served, vanished: int) -> _Night:
    methods, targets = served.methods(), len(panel.target_names)
    methods.update({FAILED: vanished * targets} if vanished else {})
    kept, failed = int((~served.left_out).sum()), int(served.failed().sum())
    return _Night(kept + vanished, failed + vanished, targets, dict(sorted(methods.items())))


def _refuse_too_many(job: Job, night: _Night) -> None:
    """Raises TooManyFailedError above `quality.max_failed_share`, DataError where no series is left to forecast.

    Where one of several targets is dead, only that one counts as failed.
    """
    failed, total = night.methods.get(FAILED, 0), sum(night.methods.values())
    limit = job.pipeline.quality.max_failed_share
    if total == 0:
        raise DataError("no series is left to forecast; look at quality.exclude and quality.short_series")
    if failed / total > limit:
        raise TooManyFailedError(
            f"{failed} of {total} {'series' if night.targets == 1 else 'targets of all series'} failed, more than "
            f"quality.max_failed_share = {limit:g} allows; "
            "nothing is published and the last forecasts stay current; see quality.json in the run folder"
        )


def fallbacks_of(job: Job) -> tuple[Fallback, ...]:
    """Why some forecasts of this run are not by who was in charge; nothing where its rows cannot be read any more."""
    try:
        rows = job.run_store().read_table("forecast.parquet")
    except (StoreError, OSError):
        return ()
    return fallbacks(rows, job.pipeline.source.series)


def _vanished_series(job: Job, panel: Panel) -> pa.Table:
    """Key columns of series that were forecast within `quality.expected_for` days and are not in the panel."""
    back = expected_steps(panel.frequency, job.pipeline.quality.expected_for)
    since, through = panel.frequency.times(np.array([panel.cutoff - back, panel.cutoff])).to_pylist()
    expected = job.ledger().expected_series(job.pipeline.name, since, through)
    keys = list(job.pipeline.source.series)
    if not keys or not len(expected):
        return panel.keys.slice(0, 0)
    absent = expected.select(keys).filter(pa.array(panel.find(expected) < 0)).cast(panel.keys.select(keys).schema)
    excluded = set(job.pipeline.quality.exclude)
    return absent.filter(pa.array([name not in excluded for name in series_names(absent)], pa.bool_()))
