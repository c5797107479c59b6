"""Windows of a large panel: cut and written."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa

from benchmarks.child import median_of
from benchmarks.made import SEED
from benchmarks.pipelines import HORIZON
from benchmarks.table import MEGABYTE, Line
from lstm.config import Evaluation
from lstm.data.frequency.aliases import parse_frequency
from lstm.data.panel.panel import Panel
from lstm.data.panel.windows import plan_splits
from lstm.steps.window import write_windows
from lstm.storage.runs.run_folder import RunStore

CUTOFF = 19_000
DAYS = 2_000


def ours(folder: str, series: int) -> Callable[[], dict[str, int]]:
    """Cuts and writes the windows of a panel that is in memory before."""
    panel, store = make_panel(series), RunStore(folder, "windows")

    def work() -> dict[str, int]:
        _, counts = write_windows(store, panel, plan_splits(panel, Evaluation(), (7,)))
        written = (Path(folder) / "windows" / "windows.parquet").stat().st_size
        return {"windows": sum(counts.values()), "bytes": written}

    return work


def make_panel(series: int) -> Panel:
    """Daily series of 2,000 days without covariates; one step of a hundred is missing."""
    random = np.random.default_rng(SEED)
    steps = DAYS + HORIZON
    targets = np.empty((series, steps), np.float32)
    for row in targets:
        random.standard_normal(out=row, dtype=np.float32)
        row[random.integers(0, DAYS, DAYS // 100)] = np.nan
    targets[:, DAYS:] = np.nan
    return Panel(
        frequency=parse_frequency("D"),
        cutoff=CUTOFF,
        horizon=HORIZON,
        keys=pa.table({"id": pa.array([f"S{number:06d}" for number in range(series)])}),
        indptr=np.arange(series + 1, dtype=np.int64) * steps,
        start=np.full(series, CUTOFF - DAYS + 1, np.int64),
        targets=targets.reshape(-1, 1),
        past=np.zeros((series * steps, 0), np.float32),
        future=np.zeros((series * steps, 0), np.float32),
        static=np.zeros((series, 0), np.float32),
        target_names=("y",),
    )


def lines(folder: Path, shrink: int, repeats: int) -> Iterator[Line]:
    """30,000 series of 2,000 days: CPU seconds, memory beside the panel, and bytes a window."""
    series = 30_000 // shrink
    taken = median_of("benchmarks.panel_windows:ours", repeats, folder=str(folder), series=series)
    count, size = taken.found["windows"], taken.found["bytes"]
    yield Line(
        f"windows of a panel of {series * DAYS:,} rows: {count:,} windows",
        f"{taken.cpu:.2f} CPU s",
        target="< 10 CPU s",
        memory=f"{taken.peak / MEGABYTE:,.0f} MiB beside the panel",
        memory_target="< 500 MB",
    )
    yield Line("`windows.parquet`", f"{size / count:.3f} bytes a window", target="< 3 bytes")
