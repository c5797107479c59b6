"""Ingest: from the source to the panel and its quality report."""

from collections.abc import Callable
from functools import lru_cache

from lstm.data.frequency.as_of import read_as_of
from lstm.data.panel.arrow import panel_from_tables, panel_tables
from lstm.data.panel.panel import Panel
from lstm.data.panel.vintages import versions_of, vintages_table
from lstm.data.quality.report import QualityReport
from lstm.references import PanelRef
from lstm.steps.job import Job
from lstm.storage.runs.run_folder import RunStore
from lstm.storage.sources.panel_source import read_panel

VERSION = 4

Reader = Callable[[Job], tuple[Panel, QualityReport]]


def last_end(job: Job) -> str | None:
    """When the run last came to an end; None while its first attempt is under way or was interrupted."""
    known = job.registry().run(job.key.run_id)
    return known.finished_at.isoformat() if known is not None and known.finished_at is not None else None


def read_source_panel(job: Job) -> tuple[Panel, QualityReport]:
    """The panel of the pipeline's source as of the run's time."""
    return read_panel(job.pipeline, job.folder, read_as_of(job.key.as_of), blocks=job.blocks)


def ingest(job: Job, *, since: str | None, read: Reader = read_source_panel) -> PanelRef:
    """Reads the source as of the run's time, unless this run has read it since it last came to an end.

    So a run that was finished reads its source again, once, and one that was interrupted goes on where it stopped.
    since: see `last_end`. read: answers the panel, where it comes from elsewhere.
    """
    store = job.run_store()
    settings = job.pipeline.model_dump(
        mode="json",
        exclude={
            "model",
            "training",
            "tuning",
            "evaluation",
            "gates",
            "serving",
            "sinks",
            "store",
            "schedule",
            "tracking",
            "explain",
        },
    )
    inputs = {"settings": settings, "as_of": job.key.as_of, "since": since or ""}
    return store.once("ingest", VERSION, inputs, PanelRef, lambda: _ingest(store, *read(job)))


def _ingest(store: RunStore, panel: Panel, quality: QualityReport) -> tuple[PanelRef, dict[str, str]]:
    files = {
        "panel.parquet": store.write_tables("panel.parquet", panel_tables(panel)),
        "quality.json": store.write_bytes("quality.json", quality.model_dump_json(indent=2).encode()),
    }
    store.remove("vintages.parquet")
    if panel.versions is not None:
        files["vintages.parquet"] = store.write_table("vintages.parquet", vintages_table(panel.versions))
    reference = PanelRef(
        uri=f"{store.run_id}/panel.parquet",
        fingerprint=panel.fingerprint,
        rows_read=quality.rows_read,
        series=panel.series,
        steps=panel.steps,
        cutoff=panel.frequency.text(panel.cutoff),
        newest=quality.newest,
        frequency=panel.frequency.alias,
        repairs=quality.repaired,
        warnings=tuple(quality.warnings),
        late=quality.late,
        unit_change=quality.unit_change,
        vintages=quality.vintages,
    )
    return reference, files


def load_panel(store: RunStore, *, versions: bool = False) -> Panel:
    """The panel that ingest left in a run's folder; read once a process and run. Treat its arrays as read-only.

    It is without the calendar's covariates, which are given to the series in hand (`CalendarColumns`). versions: with
    what was known when, where a table tells (`known_at`).
    """
    manifest = store.manifest("ingest")
    if manifest is None:  # nobody knows what the file should hold, so it is not remembered either
        return stored_panel(store)
    panel = _panel(store, manifest.files.get("panel.parquet", ""))
    if versions and "vintages.parquet" in manifest.files:
        return panel.with_versions(versions_of(store.read_table("vintages.parquet")))
    return panel


@lru_cache(maxsize=1)
def _panel(store: RunStore, mark: str) -> Panel:
    """mark: SHA-256 of the file, by its manifest: another content is another panel."""
    return stored_panel(store)


def stored_panel(store: RunStore) -> Panel:
    """The panel as it lies in a run's folder now, without the calendar. Raises StoreError when it is gone."""
    return panel_from_tables(store.read_tables("panel.parquet"))


def forget_panels() -> None:
    """Frees the panels that are remembered; who removes a panel's file calls it."""
    _panel.cache_clear()
