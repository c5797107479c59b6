"""Window: cuts the panel into training, validation and test windows."""

import math
from dataclasses import asdict

import numpy as np

from lstm.config import Gate
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
from lstm.errors import DataError
from lstm.gate_metrics import METRICS
from lstm.references import PanelRef, WindowsRef
from lstm.steps.ingest import load_panel
from lstm.steps.job import Job
from lstm.storage.runs.run_folder import RunStore, fingerprint

VERSION = 3
DELTA_COLUMNS = ("series", "cutoff", "row")


def window(job: Job, panel_ref: PanelRef) -> WindowsRef:
    """Writes `windows.parquet`, a row a window."""
    store = job.run_store()
    inputs = {
        "panel": panel_ref.fingerprint,
        "settings": job.pipeline.evaluation,
        "seasons": job.pipeline.seasons,
        "points": {gate.name: _points_needed(gate) for gate in job.pipeline.active_gates()},
    }
    return store.once("window", VERSION, inputs, WindowsRef, lambda: _window(job, store))


def _window(job: Job, store: RunStore) -> tuple[WindowsRef, dict[str, str]]:
    panel = load_panel(store)
    splits = plan_splits(panel, job.pipeline.evaluation, seasons(job, panel), _origins_needed(job, panel))
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


def _points_needed(gate: Gate) -> int:
    """How many points a gate needs in each part that it judges; 0 where it judges none."""
    metric = METRICS[gate.metric]
    if metric.source != "points":
        return 0
    counted = gate.at_least if metric.name == "points" and gate.at_least is not None else 0
    return max(gate.least_points, math.ceil(counted))


def _origins_needed(job: Job, panel: Panel) -> int:
    """Origins of the backtest with which every gate has its points, where nothing is missing."""
    targets = len(panel.target_names)
    parts = {"all": panel.series * targets, "target": panel.series}
    needed = (
        math.ceil(_points_needed(gate) / (panel.horizon * parts.get(gate.scope, targets)))
        for gate in job.pipeline.active_gates()
    )
    return max(needed, default=1)


def refuse_too_few_points(job: Job) -> None:
    """Raises DataError where the backtest cannot give a gate the points that it needs: nothing could be promoted.

    That is known before hours of training. Gates that judge parts of the series are left to the verdict.
    """
    store = job.run_store()
    panel, windows = load_panel(store), load_windows(store, split="test")
    test = windows.of("test")
    points = int(panel.observed[test.row[:, None] + np.arange(1, panel.horizon + 1)].sum())
    gates = {gate.name: _points_needed(gate) for gate in job.pipeline.active_gates() if gate.scope == "all"}
    name, needed = max(gates.items(), key=lambda gate: gate[1], default=("", 0))
    if points < needed:
        raise DataError(
            f"the backtest has {points:,} observed points ({windows.splits.origins} origins of {panel.horizon} steps), "
            f"and the gate {name!r} needs {needed:,}, so no model could pass it; bring a longer history, set "
            "evaluation.origins, or lower the gate's least_points or at_least"
        )


def load_windows(store: RunStore, *, split: str | None = None, of: tuple[Panel, np.ndarray] | None = None) -> Windows:
    """The windows that this step left in a run's folder; of one split only, or as they lie in the panel of some series.

    of: (the whole panel, int (N), rising: the series).
    """
    parts = (windows_from_table(table) for table in store.read_tables("windows.parquet"))
    chosen = (part if split is None else part.of(split) for part in parts)
    return Windows.joined([part if of is None else part.of_series(*of) for part in chosen])
