"""Report: `report.html` in the run's folder, and the story that it tells."""

import json
import logging
from dataclasses import replace
from datetime import UTC, datetime

import pyarrow as pa

from lstm.data.panel.panel import Panel
from lstm.evaluation.wording import instant
from lstm.references import DRY, ModelRef, PanelRef, Verdict, WindowsRef
from lstm.report.run.change_words import CHANGE_FILE, describe_change
from lstm.report.run.explanation_words import EXPLANATION_FILE, ExplanationText
from lstm.report.run.page import html_page
from lstm.report.run.story import Story, Told
from lstm.steps.after.explain import CONTRIBUTIONS_FILE, WATERFALL_FILE
from lstm.steps.champions.last_night import Compared, compare_with_last_night
from lstm.steps.ingest import load_panel
from lstm.steps.job import Job
from lstm.storage.runs.run_folder import RunStore
from lstm.storage.store.database import redacted, store_url

log = logging.getLogger(__name__)


def report(
    job: Job, panel_ref: PanelRef, windows_ref: WindowsRef | None, model_ref: ModelRef | None, verdict: Verdict
) -> Story:
    """Writes the report and answers the story that it tells."""
    store = job.run_store()
    story = tell_story(job, store, panel_ref, windows_ref, model_ref, verdict)
    store.remove(CHANGE_FILE)
    story = _with_change_told(store, story)
    store.write_bytes("report.html", html_page(story).encode())
    return story


def tell_story(
    job: Job,
    store: RunStore,
    panel_ref: PanelRef,
    windows_ref: WindowsRef | None,
    model_ref: ModelRef | None,
    verdict: Verdict,
) -> Story:
    """Everything that a report shows, from the run's folder and the ledger."""
    quality, card = store.read_bytes("quality.json"), store.read_bytes("model/model.json")
    trained, judged = model_ref is not None, bool(verdict.scores)
    panel, forecasts = load_panel(store), store.read_table("forecast.parquet")
    compared = _compared(job, panel, forecasts)
    return Story(
        pipeline=job.pipeline,
        key=job.key,
        panel=panel,
        quality=json.loads(quality) if quality is not None else {},
        panel_ref=panel_ref,
        windows_ref=windows_ref,
        model_ref=model_ref,
        card=json.loads(card) if card is not None and trained else None,
        history=store.read_table("model/history.parquet") if trained else None,
        scores=store.read_table("scores.parquet") if judged else None,
        verdict=verdict,
        forecasts=forecasts,
        previous=compared.previous,
        locations=locations(job),
        written_at=datetime.now(UTC),
        change=compared.change,
        change_note=compared.note,
        explanation=_explanation(store),
        links=links(job, "report.html"),
        receipts=tuple(job.registry().receipts(job.key.run_id)),
        overrides=job.overrides,
    )


def _explanation(store: RunStore) -> Told | None:
    """What the step before left; None where it left nothing, such as where the pipeline file says so."""
    content = store.read_bytes(EXPLANATION_FILE)
    if content is None:
        return None
    pictures = (store.read_bytes(name) for name in (WATERFALL_FILE, CONTRIBUTIONS_FILE))
    return Told(ExplanationText.from_json(content), *pictures)


def _compared(job: Job, panel: Panel, forecasts: pa.Table) -> Compared:
    """What changed since last night; an error in it is told in the report, and never costs the report."""
    try:
        return compare_with_last_night(job, panel, forecasts)
    except Exception as error:
        log.exception("the comparison with last night failed")
        return Compared(note=f"The comparison with last night failed: {error}")


def _with_change_told(store: RunStore, story: Story) -> Story:
    """The story with its change told, for `nightcast why` too; an error there leaves the rest of the report."""
    if story.change is None:
        return story
    try:
        text = describe_change(story.change, story.panel)
        store.write_bytes(CHANGE_FILE, text.to_json())
        _ = story.change_picture
    except Exception as error:
        log.exception("the change since last night could not be told")
        return replace(story, change=None, change_note=f"The change since last night could not be told: {error}")
    return story


def told_as(job: Job) -> str:
    """`retrain as of 2013-12-30 00:00 America/New_York`."""
    kind = f"dry run of {job.key.kind.removeprefix(DRY)}" if job.key.dry else job.key.kind
    return f"{kind} as of {instant(job.key.as_of, job.pipeline.time_zone)}"


def links(job: Job, page: str) -> dict[str, str]:
    """Where a browser finds the run's folder and its page, where the pipeline file says so."""
    if job.pipeline.store.link is None:
        return {}
    folder = f"{job.pipeline.store.link.rstrip('/')}/runs/{job.key.run_id}"
    return {"report": f"{folder}/{page}", "run folder": f"{folder}/"}


def locations(job: Job) -> dict[str, str]:
    """Where a person finds things; no password in it."""
    store = job.run_store()
    database = redacted(store_url(job.pipeline.store, job.folder, blocks=job.blocks))
    return {"database": database, "report": f"{store.uri}/report.html", "run folder": store.uri}
