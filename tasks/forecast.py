"""Forecast: whoever the verdict says forecasts every series; a series that fails falls back, and its rows say so."""

from collections import Counter

import numpy as np
import pyarrow as pa
from prefect import task

from lstm.data.flat_ends import constant_series
from lstm.data.lifecycle import ended_series, expected_steps
from lstm.data.panel import Panel
from lstm.errors import DataError, TooManyFailedError
from lstm.evaluation.gates import RIDGE
from lstm.model.choices import default_device
from lstm.model.forecaster import Forecaster
from lstm.model.rows import FAILED, Served, absent_rows, forecast_rows, in_order
from lstm.references import ForecastRef, PanelRef, Verdict
from lstm.storage.model_folder import read_model
from lstm.storage.run_store import RunStore
from tasks.champion import usable_champion
from tasks.evaluate import FALLBACK, baseline_forecast
from tasks.ingest import load_panel
from tasks.job import Job
from tasks.retrying import RETRYING

VERSION = 3


@task(name="forecast", **RETRYING)
def forecast(job: Job, panel_ref: PanelRef, verdict: Verdict) -> ForecastRef:
    """Writes `forecast.parquet`, rows for every expected series."""
    store = job.run_store()
    inputs = {
        "panel": panel_ref.fingerprint,
        "serve": [verdict.serve, verdict.champion_version, verdict.challenger_version],
        "settings": job.pipeline.model_dump(mode="json", include={"quality", "minimum", "quantile_levels", "seasons"}),
    }
    return store.once("forecast", VERSION, inputs, ForecastRef, lambda: _forecast(job, store, verdict))


def _forecast(job: Job, store: RunStore, verdict: Verdict) -> tuple[ForecastRef, dict[str, str]]:
    panel, expected_for = load_panel(store), job.pipeline.quality.expected_for
    served = serve(job, panel, verdict)
    rows = forecast_rows(panel, served, job.pipeline.quantile_levels)
    excluded = np.array([method == "" for method in served.method]) | ended_series(panel, expected_for)
    if excluded.any():
        rows = rows.filter(pa.array(np.repeat(~excluded, panel.horizon * len(panel.target_names))))
    job.ledger().prepare(rows.schema)  # a table of other keys or levels is refused before anything is compared with it
    vanished = vanished_series(job, panel)
    if len(vanished):
        reason = f"absent from the table, though forecast within the last {expected_for} days"
        rows = pa.concat_tables([rows, absent_rows(panel, vanished, job.pipeline.quantile_levels, reason)])
    rows = in_order(rows, job.pipeline.source.series)
    methods = dict(sorted(Counter(np.array(served.method)[~excluded].tolist()).items()))
    if len(vanished):
        methods[FAILED] = methods.get(FAILED, 0) + len(vanished)
    _refuse_too_many(job, methods)
    written = store.write_table("forecast.parquet", rows)
    versions = {version for version in served.version if version is not None}
    reference = ForecastRef(
        uri=f"{store.run_id}/forecast.parquet",
        fingerprint=written,
        rows=len(rows),
        series=sum(methods.values()),
        methods=methods,
        failed_series=methods.get(FAILED, 0),
        model_version=versions.pop() if versions else None,
    )
    return reference, {"forecast.parquet": written}


def serve(job: Job, panel: Panel, verdict: Verdict) -> Served:
    """Forecasts of every series at the panel's cutoff, by the verdict's choice, then by fallback."""
    series = np.arange(panel.series)
    rows = panel.row_of(series, panel.cutoff)
    if verdict.serve == RIDGE and verdict.challenger_version is not None:
        return _serve_ridge(job, panel, verdict, series, rows)
    model, version, absent = _serving_model(job, panel, verdict)
    fallback = baseline_forecast(job, panel, FALLBACK, series, rows)
    named = verdict.serve.removeprefix("baseline:") if verdict.serve.startswith("baseline:") else FALLBACK
    if model is None:
        reason = absent or "no model has passed its gates"
        quantiles = fallback.copy() if named == FALLBACK else baseline_forecast(job, panel, named, series, rows)
        served = Served(quantiles, [f"baseline:{named}"] * panel.series, [reason] * panel.series, [None] * panel.series)
    else:
        quantiles = model.forecast(panel, series, rows, which="served", device=default_device())
        # Where nothing was ever observed the network's answer is finite, and means nothing.
        quantiles[np.isnan(fallback)] = np.nan
        served = Served(quantiles, ["champion"] * panel.series, [None] * panel.series, [version] * panel.series)
        _constant_series(panel, served, fallback)
        _short_series(job, panel, served, model, fallback)
    _replace_unusable(served, fallback)
    return served


def _serve_ridge(job: Job, panel: Panel, verdict: Verdict, series: np.ndarray, rows: np.ndarray) -> Served:
    """The ridge regression that the challenger began from, where that was the best baseline."""
    challenger = job.registry().model(job.pipeline.name, verdict.challenger_version or 0)
    model = read_model(job.runs, challenger.uri, challenger.fingerprint)
    fallback = baseline_forecast(job, panel, FALLBACK, series, rows)
    quantiles = model.forecast(panel, series, rows, which="ridge", device=default_device())
    quantiles[np.isnan(fallback)] = np.nan
    reason = _why_a_baseline(verdict) or "no model has passed its gates"
    served = Served(quantiles, [RIDGE] * panel.series, [reason] * panel.series, [None] * panel.series)
    _constant_series(panel, served, fallback)
    _short_series(job, panel, served, model, fallback)
    _replace_unusable(served, fallback)
    return served


def _why_a_baseline(verdict: Verdict) -> str:
    """Why the champion does not serve, where there is one."""
    seen = verdict.champion_seen
    return "" if seen is None else f"the champion v{seen} cannot serve; the report says why"


def _serving_model(job: Job, panel: Panel, verdict: Verdict) -> tuple[Forecaster | None, int | None, str]:
    """(model, its version, "") or (None, None, why a baseline serves)."""
    if verdict.serve == "challenger" and verdict.challenger_version is not None:
        challenger = job.registry().model(job.pipeline.name, verdict.challenger_version)
        return read_model(job.runs, challenger.uri, challenger.fingerprint), challenger.version, ""
    if verdict.serve != "champion":
        return None, None, _why_a_baseline(verdict)
    usable, absent = usable_champion(job, panel)
    return (usable.forecaster, usable.champion.version, "") if usable is not None else (None, None, absent)


def _constant_series(panel: Panel, served: Served, fallback: np.ndarray) -> None:
    """Serves what has never moved by the seasonal naive: a model adds a little noise to it."""
    served.replace(np.flatnonzero(constant_series(panel)), fallback, f"baseline:{FALLBACK}", "constant so far")


def _short_series(job: Job, panel: Panel, served: Served, model: Forecaster, fallback: np.ndarray) -> None:
    """Applies `quality.short_series` to series with fewer steps than half of the model's shortest look-back."""
    needed, steps, every = model.card.steps_needed, panel.cutoff - panel.start + 1, np.arange(panel.series)
    short = np.flatnonzero(model.too_short(panel, every, panel.row_of(every, panel.cutoff)))
    policy = job.pipeline.quality.short_series
    if not len(short):
        return
    why = f"{needed} are needed (half of the shortest look-back)"
    first = f"series {panel.names[short[0]]!r} has {steps[short[0]]} steps, {why}"
    if policy == "error":
        raise DataError(
            f"{first}; {len(short)} series are too short: lower model.look_back, or set quality.short_series"
        )
    for index in short.tolist():
        reason = f"{steps[index]} steps, {why}"
        if policy == "exclude":
            served.method[index] = ""
        else:
            served.replace(np.array([index]), fallback, f"baseline:{FALLBACK}", reason)


def _replace_unusable(served: Served, fallback: np.ndarray) -> None:
    """A series without finite forecasts falls back to the seasonal naive, and fails where that has none either."""
    unusable = np.flatnonzero(~np.isfinite(served.quantiles).all(axis=(1, 2, 3)))
    finite = np.isfinite(fallback).all(axis=(1, 2, 3))
    reason = "the forecast was not finite"
    served.replace(unusable[finite[unusable]], fallback, f"baseline:{FALLBACK}", reason)
    served.replace(
        unusable[~finite[unusable]], fallback, FAILED, "no observed value at or before the cutoff in some target"
    )


def vanished_series(job: Job, panel: Panel) -> pa.Table:
    """Key columns of series that were forecast within `quality.expected_for` days and are not in the panel."""
    back = expected_steps(panel.frequency, job.pipeline.quality.expected_for)
    since, through = panel.frequency.times(np.array([panel.cutoff - back, panel.cutoff])).to_pylist()
    expected = job.ledger().expected_series(job.pipeline.name, since, through)
    keys = list(job.pipeline.source.series)
    if not keys or not len(expected):
        return panel.keys.slice(0, 0)
    present = {tuple(row.values()) for row in panel.keys.select(keys).to_pylist()}
    excluded = set(job.pipeline.quality.exclude)
    missing = [
        index
        for index, row in enumerate(expected.select(keys).to_pylist())
        if tuple(row.values()) not in present and "/".join(map(str, row.values())) not in excluded
    ]
    return expected.select(keys).take(pa.array(missing, pa.int64())).cast(panel.keys.select(keys).schema)


def _refuse_too_many(job: Job, methods: dict[str, int]) -> None:
    failed, total = methods.get(FAILED, 0), sum(methods.values())
    limit = job.pipeline.quality.max_failed_share
    if total == 0:
        raise DataError("no series is left to forecast; look at quality.exclude and quality.short_series")
    if failed / total > limit:
        raise TooManyFailedError(
            f"{failed} of {total} series failed, more than quality.max_failed_share = {limit:g} allows; "
            "nothing is published and the last forecasts stay current; see quality.json in the run folder"
        )
