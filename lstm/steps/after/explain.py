"""Explain: what moves tonight's forecasts, as rows, words and pictures; its failure costs nothing else."""

import logging
from collections.abc import Iterable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lstm.contestants import SEASONAL_NAIVE
from lstm.data.panel.panel import Panel
from lstm.data.panel.selection import some_series
from lstm.errors import ForecastError, RunBusyError
from lstm.evaluation.change.published import Maker, on_grid
from lstm.evaluation.explanation.earlier import question_for
from lstm.evaluation.explanation.explained import Server, choose_sample
from lstm.evaluation.explanation.explained import explain as explain_published
from lstm.evaluation.explanation.explanation import Explanation
from lstm.evaluation.explanation.explanation_rows import explanation_rows
from lstm.evaluation.explanation.summaries import furthest_from_usual
from lstm.evaluation.explanation.telling_seasons import telling_seasons
from lstm.model.baselines.model import BaselineModel
from lstm.model.serving.forecast_rows import CLOSED_REASON
from lstm.model.serving.sanity import without_spikes
from lstm.references import ExplanationRef, ForecastRef, PanelRef, Verdict
from lstm.report.charts.contributions import contributions_picture, waterfall_picture
from lstm.report.run.explanation_words import EXPLANATION_FILE, SHOWN, ExplanationText, describe_explanation
from lstm.steps.begin_and_end import reason_of
from lstm.steps.champions.makers import maker_model
from lstm.steps.ingest import load_panel
from lstm.steps.job import Job
from lstm.steps.window import seasons
from lstm.storage.explanations.explanations_table import remove_explanations, replace_explanations
from lstm.storage.runs.run_folder import RunStore
from lstm.storage.sql.fence import Fenced

log = logging.getLogger(__name__)

VERSION = 1
SETTINGS = {"explain", "seasons", "minimum", "serving"}
ROWS_FILE, WATERFALL_FILE, CONTRIBUTIONS_FILE = "explanations.parquet", "waterfall.png", "contributions.png"
MOST_ROWS = 100_000  # in the store database, of an even spread of the explained series; the file has all


def explain(job: Job, panel_ref: PanelRef, verdict: Verdict, forecast_ref: ForecastRef) -> ExplanationRef:
    """Writes `explanations.parquet`, its words and its pictures, and the store's table; or why there are none."""
    store = job.run_store()
    inputs = {
        "panel": panel_ref.fingerprint,
        "forecast": forecast_ref.fingerprint,
        "challenger": [verdict.challenger_version],
        "settings": job.pipeline.model_dump(mode="json", include=SETTINGS),
        "seed": [job.pipeline.training.seed],
    }
    try:
        if not job.pipeline.explain.enabled:
            _forget(job, store)
            return ExplanationRef()
        return store.once("explain", VERSION, inputs, ExplanationRef, lambda: _explain(job, store, verdict))
    except RunBusyError:
        raise
    except Exception as error:
        log.exception("the forecasts could not be explained")
        failure = f"The explanation of the forecasts failed: {reason_of(error)}"
        _forget(job, store)
        store.write_bytes(EXPLANATION_FILE, ExplanationText(failure=failure).to_json())
        return ExplanationRef(failure=failure)


def _forget(job: Job, store: RunStore) -> None:
    """Removes what the run had explained: files, and rows of the store, which would be of other forecasts."""
    store.forget("explain")
    for name in (EXPLANATION_FILE, ROWS_FILE, WATERFALL_FILE, CONTRIBUTIONS_FILE):
        store.remove(name)
    if job.key.dry:
        return
    try:
        with Fenced(job.engine(), job.fence).writing() as connection:
            remove_explanations(connection, job.key.run_id)
    except RunBusyError:
        raise
    except Exception as error:  # noqa: BLE001 - told, and no night fails of it
        log.warning("rows of an older explanation may be left in the store: %s", reason_of(error))


def _explain(job: Job, store: RunStore, verdict: Verdict) -> tuple[ExplanationRef, dict[str, str]]:
    whole = load_panel(store)
    panel = sampled(job, whole, np.arange(whole.series))
    explanation = explained(job, panel, store.read_tables("forecast.parquet"), verdict.challenger_version)
    rows = explanation_rows(panel, explanation)
    files = {ROWS_FILE: store.write_table(ROWS_FILE, rows.drop_columns(["place"]))}
    text = describe_explanation(panel, explanation, drawn_of(job, panel, whole))
    files[EXPLANATION_FILE] = store.write_bytes(EXPLANATION_FILE, text.to_json())
    for name, picture in (
        (WATERFALL_FILE, waterfall_picture(panel, furthest_from_usual(panel, explanation, SHOWN))),
        (CONTRIBUTIONS_FILE, contributions_picture(panel, explanation)),
    ):
        if picture is not None:
            files[name] = store.write_bytes(name, picture)
    if not job.key.dry:
        _keep(job, panel, rows)
    return ExplanationRef(fingerprint=files[ROWS_FILE], rows=len(rows)), files


def sampled(job: Job, whole: Panel, series: np.ndarray) -> Panel:
    """The panel of these series (int (N), rising), or where they are too many of some of them, by chance."""
    chosen = series[choose_sample(len(series), job.pipeline.explain.windows, job.pipeline.training.seed)]
    return whole if len(chosen) == whole.series else some_series(whole, chosen)


def drawn_of(job: Job, panel: Panel, whole: Panel) -> str:
    """Of how many series these were drawn, in a sentence; empty where these are all."""
    if panel.series == whole.series:
        return ""
    seed = job.pipeline.training.seed
    return f"Explained are {panel.series:,} of {whole.series:,} series, drawn by chance with the seed {seed}."


def explained(
    job: Job, panel: Panel, rows: Iterable[pa.Table], challenger: int | None, night: Panel | None = None
) -> Explanation:
    """What moves the published forecasts of a panel's series.

    rows: of all series, of which one table is in memory at a time. challenger: version of the run that published them.
    night: whose seasons decide against which windows they are held, where that is not this panel.
    """
    published = on_grid(panel, pa.concat_tables(_of_series(panel, part) for part in rows))
    servers = [_server(job, panel, maker, challenger) for maker in published.makers]
    needed = max((server.model.steps_needed for server in servers if server.model is not None), default=0)
    lengths = seasons(job, panel)
    asked = panel if night is None else night
    question = question_for(asked, lengths, telling_seasons(asked, lengths), needed)
    held = job.pipeline.minimum is None
    return explain_published(panel, published, servers, question, held=held, executor=job.executor)


def _of_series(panel: Panel, rows: pa.Table) -> pa.Table:
    """The rows that may be of the panel's series, without those of closed days, which nobody forecast."""
    kept = pc.fill_null(pc.not_equal(rows["reason"], CLOSED_REASON), True)
    for name in panel.keys.column_names:
        kept = pc.and_(kept, pc.is_in(rows[name], value_set=panel.keys[name].combine_chunks()))
    return rows.filter(kept)


def _server(job: Job, panel: Panel, maker: Maker, challenger: int | None) -> Server:
    try:
        model, which = maker_model(job, panel, maker, challenger)
    except ForecastError as error:
        return Server(maker, None, reason=str(error))
    if maker.method == SEASONAL_NAIVE and isinstance(model, BaselineModel):
        usual = without_spikes(panel, job.pipeline.serving.most_beyond_range, model.season)
        return Server(maker, model, which, panel=usual)
    return Server(maker, model, which)


def _keep(job: Job, panel: Panel, rows: pa.Table) -> None:
    """Puts the rows into the store database, in the place of those that the run had."""
    rows = _spread(rows, panel.series)
    names = pa.array(panel.names, pa.string())
    ordinals, _ = panel.frequency.ordinals(rows["time"].combine_chunks())
    table = pa.table(
        {
            "series": names.take(rows["place"].combine_chunks()),
            "target": rows["target"],
            "time": pa.array(panel.frequency.texts(ordinals), pa.string()),
            "step": rows["step"],
            "group_name": rows["group"],
            **{name: rows[name] for name in ("kind", "contribution", "usual", "forecast")},
        }
    )
    with Fenced(job.engine(), job.fence).writing() as connection:
        replace_explanations(connection, job.key.run_id, table)


def _spread(rows: pa.Table, series: int) -> pa.Table:
    """The rows of all series, or of as many, evenly spread, as MOST_ROWS hold."""
    if len(rows) <= MOST_ROWS:
        return rows
    kept = np.linspace(0, series - 1, max(MOST_ROWS * series // len(rows), 1)).round().astype(np.int64)
    return rows.filter(pc.is_in(rows["place"], value_set=pa.array(kept)))
