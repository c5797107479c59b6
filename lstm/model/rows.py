"""Forecasts as rows: who serves each series, and why, and the table that is published.

Every expected series gets its rows: by the model, else by a baseline, else as `failed` with the reason.
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lstm.config import level_name
from lstm.data.panel import Panel

FAILED = "failed"


@dataclass
class Served:
    """Forecasts for every series of a panel. quantiles: float64 (S, H, Q, C). method, reason, version: one a series."""

    quantiles: np.ndarray
    method: list[str]
    reason: list[str | None]
    version: list[int | None]

    def replace(self, which: np.ndarray, quantiles: np.ndarray, method: str, reason: str) -> None:
        """Serves the series `which` (int) by another method, without a model version."""
        self.quantiles[which] = quantiles[which]
        for series in which.tolist():
            self.method[series], self.reason[series], self.version[series] = method, reason, None


def forecast_rows(panel: Panel, served: Served, levels: tuple[float, ...]) -> pa.Table:
    """The rows of all series: key columns, target, cutoff, time, step, forecast, q.., method, reason, model_version.

    Sorted by key, target and step. A failed series has null forecasts.
    """
    series_count, horizon, targets = panel.series, panel.horizon, len(panel.target_names)
    each = horizon * targets
    series = np.repeat(np.arange(series_count), each)
    target = np.tile(np.repeat(np.arange(targets), horizon), series_count)
    step = np.tile(np.arange(1, horizon + 1), series_count * targets)
    columns = {name: panel.keys[name].take(pa.array(series)) for name in panel.keys.column_names}
    columns["target"] = pa.array(np.asarray(panel.target_names, dtype=object)[target], pa.string())
    columns["cutoff"] = panel.frequency.times(np.full(len(step), panel.cutoff))
    columns["time"] = panel.frequency.times(panel.cutoff + step)
    columns["step"] = pa.array(step.astype(np.int32))
    by_row = served.quantiles.transpose(0, 3, 1, 2).reshape(-1, len(levels))  # (S * C * H, Q)
    failed = np.repeat([method == FAILED for method in served.method], each)
    quantiles = {level_name(level): pa.array(by_row[:, q], mask=failed) for q, level in enumerate(levels)}
    columns["forecast"] = quantiles[level_name(0.5)]
    columns |= quantiles
    columns["method"] = pa.array(served.method, pa.string()).take(pa.array(series))
    columns["reason"] = pa.array(served.reason, pa.string()).take(pa.array(series))
    columns["model_version"] = pa.array(served.version, pa.int32()).take(pa.array(series))
    return pa.table(columns)


def absent_rows(panel: Panel, absent: pa.Table, levels: tuple[float, ...], reason: str) -> pa.Table:
    """`failed` rows for series that are not in the panel. absent: their key columns."""
    nothing = Served(
        np.full((len(absent), panel.horizon, len(levels), len(panel.target_names)), np.nan),
        [FAILED] * len(absent),
        [reason] * len(absent),
        [None] * len(absent),
    )
    begun = np.zeros(len(absent) + 1, np.int64)
    stand_in = Panel(
        panel.frequency, panel.cutoff, panel.horizon, absent, begun, begun[:-1], panel.targets[:0], panel.past[:0],
        panel.future[:0], panel.static[:0], panel.target_names,
    )  # fmt: skip
    return forecast_rows(stand_in, nothing, levels)


def in_order(rows: pa.Table, keys: tuple[str, ...]) -> pa.Table:
    """Rows sorted by series key, target and step."""
    return rows.take(pc.sort_indices(rows, [(name, "ascending") for name in (*keys, "target", "step")]))
