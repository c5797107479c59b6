"""Ingest: from the source to the panel and its quality report."""

from prefect import task

from lstm.data.as_of import read_as_of
from lstm.data.calendar import with_calendar
from lstm.data.panel import Panel
from lstm.data.panel_table import panel_from_table, panel_to_table
from lstm.references import PanelRef
from lstm.storage.panel_source import read_panel
from lstm.storage.run_store import RunStore
from tasks.job import Job, secret_block
from tasks.retrying import RETRYING

VERSION = 1


@task(name="ingest", **RETRYING)
def ingest(job: Job, *, again: bool) -> PanelRef:
    """Reads the source as of the run's time. again: read it even if this run has read it before."""
    store = job.run_store()
    settings = job.pipeline.model_dump(
        mode="json", exclude={"model", "training", "evaluation", "gates", "sinks", "store"}
    )
    inputs = {"settings": settings, "as_of": job.key.as_of}
    return store.once("ingest", VERSION, inputs, PanelRef, lambda: _ingest(job, store), again=again)


def _ingest(job: Job, store: RunStore) -> tuple[PanelRef, dict[str, str]]:
    panel, quality = read_panel(job.pipeline, job.folder, read_as_of(job.key.as_of), blocks=secret_block)
    files = {
        "panel.parquet": store.write_table("panel.parquet", panel_to_table(panel)),
        "quality.json": store.write_bytes("quality.json", quality.model_dump_json(indent=2).encode()),
    }
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
    )
    return reference, files


def load_panel(store: RunStore) -> Panel:
    """The panel that ingest left in a run's folder, with the calendar's covariates."""
    return with_calendar(panel_from_table(store.read_table("panel.parquet")))
