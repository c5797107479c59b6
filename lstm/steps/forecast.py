"""Forecast: whoever the verdict says forecasts every series; what fails falls back, and its rows say so."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from lstm.contestants import FAILED
from lstm.data.panel.closed import closed_times
from lstm.data.panel.panel import Panel
from lstm.data.quality.report import listed
from lstm.errors import DataError, StoreError, TooManyFailedError
from lstm.model.serving.forecast_rows import Served, absent_rows, forecast_rows, in_order, without_closed
from lstm.model.serving.serve import serve
from lstm.model.serving.serving_remarks import serving_remarks
from lstm.references import ForecastRef, PanelRef, Verdict
from lstm.report.alerts import Fallback, fallbacks
from lstm.steps.before.questions import ask_sinks
from lstm.steps.champions.vanished import vanished_series, vanished_words
from lstm.steps.champions.who_serves import Judged, judged_by, rules_of, scores_mark, server_of
from lstm.steps.ingest import load_panel
from lstm.steps.job import Job
from lstm.storage.runs.run_folder import RunStore, StoredCheckpoints, fingerprint, fingerprints

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
    folder = f"parts/forecast/{fingerprint([VERSION, fingerprints(inputs), job.pipeline.training.threads])[:16]}"
    keeper = StoredCheckpoints(store, folder, ".npz")
    rows = store.once("forecast", VERSION, inputs, ForecastRef, lambda: _forecast(job, store, verdict, judged, keeper))
    store.remove("parts/forecast")
    return rows


def _forecast(
    job: Job, store: RunStore, verdict: Verdict, judged: Judged | None, keeper: StoredCheckpoints
) -> tuple[ForecastRef, dict[str, str]]:
    panel = load_panel(store)
    server = server_of(job, panel, verdict)
    served = serve(panel, server, rules_of(job, panel, server, judged), job.executor, keeper)
    rows = forecast_rows(panel, served, job.pipeline.quantile_levels)
    job.ledger().check_layout(
        rows.schema
    )  # a table of other keys or levels is refused before anything is compared with it
    vanished = vanished_series(job, panel)
    night = _counted(panel, served, len(vanished))
    _refuse_too_many(job, panel, served, vanished)
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
        vanished=vanished_words(vanished, job.pipeline.quality.expected_for),
        remarks=serving_remarks(panel, server.model, served),
    )
    return reference, {"forecast.parquet": written}


def check_ledger(job: Job) -> None:
    """Raises StoreError, SinkError or ConfigError when ledger or sinks cannot take the rows that this panel will have.

    Their columns follow from the panel and the pipeline, so hours of training need not come first.
    """
    panel = load_panel(job.run_store())
    like_tonights = absent_rows(panel, panel.keys.slice(0, 1), job.pipeline.quantile_levels, "")
    job.ledger().check_layout(like_tonights.schema)
    ask_sinks(job, like_tonights)


@dataclass(frozen=True)
class _Night:
    """What a night amounts to. methods: number of targets of all series by method, those that vanished among them."""

    series: int
    failed_series: int
    methods: dict[str, int]


def _counted(panel: Panel, served: Served, vanished: int) -> _Night:
    methods = served.methods()
    methods.update({FAILED: vanished * len(panel.target_names)} if vanished else {})
    kept, failed = int((~served.left_out).sum()), int(served.failed().sum())
    return _Night(kept + vanished, failed, dict(sorted(methods.items())))


def _refuse_too_many(job: Job, panel: Panel, served: Served, vanished: pa.Table) -> None:
    """Raises TooManyFailedError above `quality.max_failed_share`, DataError where no series is left to forecast.

    Where one of several targets is dead, only that one counts as failed. A series that left the table is no failure of
    tonight; where most of them have, the table is in doubt.
    """
    methods = served.methods()
    failed, total, kept = methods.get(FAILED, 0), sum(methods.values()), int((~served.left_out).sum())
    limit, nothing = job.pipeline.quality.max_failed_share, "nothing is published and the last forecasts stay current"
    if total == 0:
        raise DataError("no series is left to forecast; look at quality.exclude and quality.short_series")
    if failed / total > limit:
        dead = np.flatnonzero(served.failed()).tolist()
        why = served.reason[dead[0]][served.method[dead[0]] == FAILED][0]
        what = "series" if len(panel.target_names) == 1 else "targets of all series"
        raise TooManyFailedError(
            f"{failed} of {total} {what} failed, more than quality.max_failed_share = {limit:g} allows: "
            f"{listed(repr(panel.names[series]) for series in dead)} ({why}); {nothing}; bring their values, name them "
            "in quality.exclude, or raise quality.max_failed_share"
        )
    if len(vanished) > kept:
        words = vanished_words(vanished, job.pipeline.quality.expected_for)
        raise TooManyFailedError(f"most of what was forecast is not in the table: {words}; {nothing}")


def fallbacks_of(job: Job) -> tuple[Fallback, ...]:
    """Why some forecasts of this run are not by who was in charge; nothing where its rows cannot be read any more."""
    try:
        rows = job.run_store().read_table("forecast.parquet")
    except (StoreError, OSError):
        return ()
    return fallbacks(rows, job.pipeline.source.series)
