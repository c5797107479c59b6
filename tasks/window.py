"""Window: cuts the panel into training, validation and test windows."""

from prefect import task

from lstm.data.panel import Panel
from lstm.data.windows import (
    Windows,
    cut_windows,
    plan_splits,
    windows_fingerprint,
    windows_from_table,
    windows_to_table,
)
from lstm.references import PanelRef, WindowsRef
from lstm.storage.run_store import RunStore
from tasks.ingest import load_panel
from tasks.job import Job
from tasks.retrying import RETRYING

VERSION = 1
DELTA_COLUMNS = ("series", "cutoff", "row")


@task(name="window", **RETRYING)
def window(job: Job, panel_ref: PanelRef) -> WindowsRef:
    """Writes `windows.parquet`, a row a window."""
    store = job.run_store()
    inputs = {"panel": panel_ref.fingerprint, "settings": job.pipeline.evaluation, "seasons": job.pipeline.seasons}
    return store.once("window", VERSION, inputs, WindowsRef, lambda: _window(job, store))


def _window(job: Job, store: RunStore) -> tuple[WindowsRef, dict[str, str]]:
    panel = load_panel(store)
    windows = cut_windows(panel, plan_splits(panel, job.pipeline.evaluation, seasons(job, panel)))
    table = windows_to_table(windows, panel)
    # Neighbouring windows differ by one step: delta encoding takes a hundredth of the bytes.
    encoding = dict.fromkeys(DELTA_COLUMNS, "DELTA_BINARY_PACKED")
    written = store.write_table("windows.parquet", table, use_dictionary=["split"], column_encoding=encoding)
    reference = WindowsRef(
        uri=f"{store.run_id}/windows.parquet", fingerprint=windows_fingerprint(windows), **windows.counts()
    )
    return reference, {"windows.parquet": written}


def seasons(job: Job, panel: Panel) -> tuple[int, ...]:
    """Season lengths from the pipeline file, else by frequency."""
    return job.pipeline.seasons or panel.frequency.default_seasons()


def load_windows(store: RunStore) -> Windows:
    """The windows that this step left in a run's folder."""
    return windows_from_table(store.read_table("windows.parquet"))
