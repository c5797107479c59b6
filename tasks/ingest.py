"""Ingest: from the source to the panel and its quality report."""

from prefect import task

from lstm.data.frequency.as_of import read_as_of
from lstm.data.panel.arrow import panel_from_table, panel_tables
from lstm.data.panel.calendar import with_calendar
from lstm.data.panel.panel import Panel
from lstm.data.panel.vintages import versions_of, vintages_table
from lstm.references import PanelRef
from lstm.storage.runs.run_folder import RunStore
from lstm.storage.sources.panel_source import read_panel
from tasks.job import Job
from tasks.retrying import RETRYING
from tasks.secret_block import secret_block

VERSION = 3


@task(name="ingest", task_run_name="ingest", **RETRYING)
def ingest(job: Job, *, since: str | None) -> PanelRef:
    """Reads the source as of the run's time, unless this run has read it since it last came to an end.

    So a run that was finished reads its source again, once, and one that was interrupted goes on where it stopped.
    since: see `last_end`.
    """
    store = job.run_store()
    settings = job.pipeline.model_dump(
        mode="json",
        exclude={"model", "training", "evaluation", "gates", "serving", "sinks", "store", "schedule"},
    )
    inputs = {"settings": settings, "as_of": job.key.as_of, "since": since or ""}
    return store.once("ingest", VERSION, inputs, PanelRef, lambda: _ingest(job, store))


def _ingest(job: Job, store: RunStore) -> tuple[PanelRef, dict[str, str]]:
    panel, quality = read_panel(job.pipeline, job.folder, read_as_of(job.key.as_of), blocks=secret_block)
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
        vintages=quality.vintages,
    )
    return reference, files


def load_panel(store: RunStore, *, calendar: bool = True, versions: bool = False) -> Panel:
    """The panel that ingest left in a run's folder.

    calendar: with the calendar's covariates. versions: with what was known when, where a table tells (`known_at`).
    """
    panel = panel_from_table(store.read_table("panel.parquet"))
    manifest = store.manifest("ingest") if versions else None
    if manifest is not None and "vintages.parquet" in manifest.files:
        panel = panel.with_versions(versions_of(store.read_table("vintages.parquet")))
    return with_calendar(panel) if calendar else panel
