"""Observations and forecasts of one series and target, as curves over time."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lstm.config import level_name
from lstm.data.panel.panel import Panel
from lstm.report.charts.style import MUTED

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Curve:
    """Forecast rows of one series and target. times: (H) as drawn. median: (H). quantiles: (Q, H).

    NaN where a forecast failed, and once where steps have no row because they are closed: there a line breaks.
    """

    times: np.ndarray
    median: np.ndarray
    quantiles: np.ndarray
    method: str
    reason: str


def curve_of(panel: Panel, forecasts: pa.Table, series: int, target: int, levels: Sequence[float]) -> Curve:
    """The rows of one series and target, at their own times. levels: Q, of which there may be none."""
    of_pair = pc.equal(forecasts["target"], panel.target_names[target])
    for name in panel.keys.column_names:
        of_pair = pc.and_(of_pair, pc.equal(forecasts[name], panel.keys[name][series]))
    rows = forecasts.filter(of_pair).sort_by("step")
    times = np.asarray(rows["time"].to_numpy())
    gaps = np.flatnonzero(np.diff(rows["step"].to_numpy()) > 1) + 1
    names = [level_name(level) for level in levels]
    quantiles = np.full((len(names), len(rows)), np.nan)
    for place, name in enumerate(names):
        if name in rows.column_names:
            quantiles[place] = _floats(rows, name)
    quantiles = np.insert(quantiles, gaps, np.nan, axis=1)
    method = rows["method"][0].as_py() if len(rows) else "no forecast"
    reason = (rows["reason"][0].as_py() or "") if len(rows) else ""
    median = np.insert(_floats(rows, "forecast"), gaps, np.nan)
    return Curve(np.insert(times, gaps, times[gaps]), median, quantiles, method, reason)


def _floats(rows: pa.Table, name: str) -> np.ndarray:
    return np.asarray(rows[name].cast(pa.float64()).to_numpy(), dtype=np.float64)


def observed_values(panel: Panel, series: int, target: int, ordinals: np.ndarray) -> np.ndarray:
    """float64 (len(ordinals)); NaN where missing or not begun."""
    rows = panel.indptr[series] + ordinals - panel.start[series]
    inside = (rows >= panel.indptr[series]) & (rows < panel.indptr[series + 1])
    values = np.full(len(ordinals), np.nan)
    values[inside] = panel.targets[rows[inside], target]
    return values


def line(axes: "Axes", times: np.ndarray, values: np.ndarray, color: str, label: str, width: float = 1.2) -> None:
    """A line that breaks at gaps; a value between two gaps is a dot."""
    axes.plot(times, values, color=color, linewidth=width, label=label, solid_capstyle="round")
    known = np.isfinite(np.concatenate([[np.nan], values, [np.nan]]))
    alone = known[1:-1] & ~known[:-2] & ~known[2:]
    axes.plot(times[alone], values[alone], "o", color=color, markersize=2.5)


def legend(figure: "Figure", places: "list[Axes]") -> None:
    """One legend for all places, above them."""
    entries: dict[str, Artist] = {}
    for axes in places:
        for artist, label in zip(*axes.get_legend_handles_labels(), strict=True):
            entries.setdefault(label, artist)
    figure.legend(
        list(entries.values()),
        list(entries),
        loc="outside upper left",
        ncols=min(len(entries), 6),
        frameon=False,
        fontsize=8,
        labelcolor=MUTED,
        handlelength=1.5,
        columnspacing=1.2,
    )
