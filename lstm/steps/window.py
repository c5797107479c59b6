"""Window: cuts the panel into training, validation and test windows."""

from dataclasses import asdict

from lstm.data.panel.panel import Panel
from lstm.data.panel.windows import (
    Splits,
    Windows,
    mark_windows,
    plan_splits,
    split_counts,
    window_tables,
    windows_from_table,
)
from lstm.references import PanelRef, WindowsRef
from lstm.steps.ingest import load_panel
from lstm.steps.job import Job
from lstm.storage.runs.run_folder import RunStore, fingerprint

VERSION = 2
DELTA_COLUMNS = ("series", "cutoff", "row")


def window(job: Job, panel_ref: PanelRef) -> WindowsRef:
    """Writes `windows.parquet`, a row a window."""
    store = job.run_store()
    inputs = {"panel": panel_ref.fingerprint, "settings": job.pipeline.evaluation, "seasons": job.pipeline.seasons}
    return store.once("window", VERSION, inputs, WindowsRef, lambda: _window(job, store))


def _window(job: Job, store: RunStore) -> tuple[WindowsRef, dict[str, str]]:
    panel = load_panel(store, calendar=False)
    splits = plan_splits(panel, job.pipeline.evaluation, seasons(job, panel))
    written, counts = write_windows(store, panel, splits)
    # The windows are a function of the panel and the splits.
    of = {"panel": panel.fingerprint, "splits": asdict(splits), "version": VERSION}
    return WindowsRef(uri=f"{store.run_id}/windows.parquet", fingerprint=fingerprint(of), **counts), {
        "windows.parquet": written
    }


def write_windows(store: RunStore, panel: Panel, splits: Splits) -> tuple[str, dict[str, int]]:
    """Cuts and writes `windows.parquet`; answers its SHA-256 and the number of windows in each split."""
    marks = mark_windows(panel, splits)
    # Neighbouring windows differ by one step: delta encoding takes a hundredth of the bytes.
    encoding = dict.fromkeys(DELTA_COLUMNS, "DELTA_BINARY_PACKED")
    tables = window_tables(panel, splits, marks)
    written = store.write_tables("windows.parquet", tables, use_dictionary=["split"], column_encoding=encoding)
    return written, split_counts(marks)


def seasons(job: Job, panel: Panel) -> tuple[int, ...]:
    """Season lengths from the pipeline file, else by frequency."""
    return job.pipeline.seasons or panel.frequency.default_seasons()


def load_windows(store: RunStore) -> Windows:
    """The windows that this step left in a run's folder."""
    return windows_from_table(store.read_table("windows.parquet"))
