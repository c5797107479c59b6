"""Pictures of forecasts: recent history, the median with its bands, and who made it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lstm.config import level_name
from lstm.data.panel.panel import Panel
from lstm.evaluation.wording import steps_in_words
from lstm.report.charts.legend import method_name
from lstm.report.charts.style import (
    BLUE,
    FAINT,
    INK,
    LARGEST_GRID,
    MUTED,
    PURPLE,
    VERMILION,
    calm,
    limits,
    moments,
    new_figure,
    png,
    short,
    time_axis,
    time_label,
    title,
)

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

PAIRS = 6
FEWEST_STEPS = 28
NOTE = {"facecolor": "white", "edgecolor": "none", "alpha": 0.85, "pad": 1.5}


def forecast_picture(
    panel: Panel,
    forecasts: pa.Table,
    series: int,
    target: int,
    levels: Sequence[float],
    previous: pa.Table | None = None,
) -> bytes:
    """PNG of one series and target. series, target: positions in the panel. previous: rows of an older publication."""
    figure = new_figure(3.1)
    axes = figure.subplots()
    _draw(axes, panel, forecasts, series, target, levels, previous, letters=52)
    axes.set_xlabel(time_label(panel.frequency), loc="left")
    legend(figure, [axes])
    return png(figure)


def forecast_grid(
    panel: Panel,
    forecasts: pa.Table,
    levels: Sequence[float],
    previous: pa.Table | None = None,
    pairs: Sequence[tuple[int, int]] | None = None,
) -> bytes:
    """PNG of several small forecasts; which ones, see `choose_pairs`."""
    chosen = list(pairs if pairs is not None else choose_pairs(panel.series, len(panel.target_names)))
    columns = 1 if len(chosen) < 3 else 2
    rows = math.ceil(len(chosen) / columns)
    figure = new_figure(0.7 + 1.85 * rows)
    places = figure.subplots(rows, columns, squeeze=False).ravel()
    for axes, (series, target) in zip(places, chosen, strict=False):
        _draw(axes, panel, forecasts, series, target, levels, previous, letters=52 // columns)
    for axes in places[len(chosen) :]:
        axes.set_axis_off()
    for axes in places[max(len(chosen) - columns, 0) : len(chosen)]:
        axes.set_xlabel(time_label(panel.frequency), loc="left")
    legend(figure, list(places[: len(chosen)]))
    return png(figure, LARGEST_GRID)


def choose_pairs(series: int, targets: int, count: int = PAIRS) -> list[tuple[int, int]]:
    """Up to `count` pairs (series, target), the same every night: each target, as long as they fit, and several series.

    series, targets: how many there are. The series lie evenly between the first and the last.
    """
    spread = min(series, max(3, math.ceil(count / targets)))
    places = [round(place) for place in np.linspace(0, series - 1, spread)]
    pairs = [(places[(target + turn) % spread], target) for turn in range(spread) for target in range(targets)]
    return sorted(pairs[:count], key=lambda pair: (pair[1], pair[0]))


@dataclass(frozen=True)
class Curve:
    """Forecast rows of one series and target. times: (H) as drawn. median: (H). quantiles: (Q, H). NaN where failed."""

    times: np.ndarray
    median: np.ndarray
    quantiles: np.ndarray
    method: str
    reason: str


def _draw(
    axes: "Axes",
    panel: Panel,
    forecasts: pa.Table,
    series: int,
    target: int,
    levels: Sequence[float],
    previous: pa.Table | None,
    letters: int,
) -> None:
    ordinals = _span(panel)
    times, values = moments(panel.frequency, ordinals), observed_values(panel, series, target, ordinals)
    past = ordinals <= panel.cutoff
    curve = curve_of(panel, forecasts, series, target, levels)
    line(axes, times[past], values[past], INK, "observed")
    if previous is not None and previous.num_rows:
        _draw_previous(axes, curve_of(panel, previous, series, target, levels), times[0])
    _draw_bands(axes, curve, levels)
    line(
        axes,
        curve.times,
        curve.median,
        BLUE,
        f"forecast, {steps_in_words(panel.frequency, panel.horizon)} ahead",
        width=1.8,
    )
    if np.isfinite(values[~past]).any():
        axes.plot(times[~past], values[~past], "o", color=VERMILION, markersize=2.5, label="observed after the cutoff")
    edge = moments(panel.frequency, np.array([panel.cutoff]))[0]
    axes.axvline(edge, color=FAINT, linewidth=1.0, linestyle=(0, (2, 2)), label="cutoff")
    axes.set_xlim(times[0], moments(panel.frequency, ordinals[-1:] + 1)[0])
    _fit(axes, values, curve)
    calm(axes)
    time_axis(axes, panel.frequency, ticks=5 if letters < 40 else 8)
    axes.set_ylabel(short(panel.target_names[target], 24))
    name, method = titles(panel.names[series], panel.target_names[target], curve.method, letters)
    title(axes, name, right=method)


def titles(series: str, target: str, method: str, letters: int) -> tuple[str, str]:
    """Titles at the left and at the right that do not meet. letters: bold ones that fill two thirds of the width."""
    first = short(series, letters // 2)
    name = f"{first} · {short(target, letters - 3 - len(first))}"
    # A bold letter is 1.3 times as wide as one at the right, and the mark of what was left out is wider still.
    return name, short(method_name(method), max(2 * letters - round(1.5 * len(name)), 8))


def _span(panel: Panel) -> np.ndarray:
    """Ordinals of a picture: four horizons or seven of the shortest seasons of history, then the horizon."""
    season = panel.frequency.default_seasons()[0]
    steps = max(4 * panel.horizon, min(7 * season, 12 * panel.horizon), FEWEST_STEPS)
    return np.arange(panel.cutoff - steps + 1, panel.cutoff + panel.horizon + 1)


def observed_values(panel: Panel, series: int, target: int, ordinals: np.ndarray) -> np.ndarray:
    """float64 (len(ordinals)); NaN where missing or not begun."""
    rows = panel.indptr[series] + ordinals - panel.start[series]
    inside = (rows >= panel.indptr[series]) & (rows < panel.indptr[series + 1])
    values = np.full(len(ordinals), np.nan)
    values[inside] = panel.targets[rows[inside], target]
    return values


def curve_of(panel: Panel, forecasts: pa.Table, series: int, target: int, levels: Sequence[float]) -> Curve:
    """The rows of one series and target, at their own times. levels: Q, of which there may be none."""
    mine = pc.equal(forecasts["target"], panel.target_names[target])
    for name in panel.keys.column_names:
        mine = pc.and_(mine, pc.equal(forecasts[name], panel.keys[name][series]))
    rows = forecasts.filter(mine).sort_by("step")
    times = np.asarray(rows["time"].to_numpy())
    names = [level_name(level) for level in levels]
    quantiles = np.full((len(names), len(rows)), np.nan)
    for place, name in enumerate(names):
        if name in rows.column_names:
            quantiles[place] = _floats(rows, name)
    method = rows["method"][0].as_py() if len(rows) else "no forecast"
    reason = (rows["reason"][0].as_py() or "") if len(rows) else ""
    return Curve(times, _floats(rows, "forecast"), quantiles, method, reason)


def _floats(rows: pa.Table, name: str) -> np.ndarray:
    return np.asarray(rows[name].cast(pa.float64()).to_numpy(), dtype=np.float64)


def line(axes: "Axes", times: np.ndarray, values: np.ndarray, color: str, label: str, width: float = 1.2) -> None:
    """A line that breaks at gaps; a value between two gaps is a dot."""
    axes.plot(times, values, color=color, linewidth=width, label=label, solid_capstyle="round")
    known = np.isfinite(np.concatenate([[np.nan], values, [np.nan]]))
    alone = known[1:-1] & ~known[:-2] & ~known[2:]
    axes.plot(times[alone], values[alone], "o", color=color, markersize=2.5)


def _draw_bands(axes: "Axes", curve: Curve, levels: Sequence[float]) -> None:
    """A band for each pair of levels around the median; a level without a partner is a thin line."""
    lower = [place for place, level in enumerate(levels) if level < 0.5]
    upper = [place for place, level in enumerate(levels) if level > 0.5][::-1]
    paired = min(len(lower), len(upper))
    for low, high in zip(lower[:paired], upper[:paired], strict=True):
        label = f"quantiles {levels[low]:g} to {levels[high]:g}"
        axes.fill_between(
            curve.times, curve.quantiles[low], curve.quantiles[high], color=BLUE, alpha=0.18, linewidth=0, label=label
        )
        if len(curve.times) == 1:
            axes.vlines(curve.times, curve.quantiles[low], curve.quantiles[high], color=BLUE, alpha=0.3, linewidth=5)
    for place in (*lower[paired:], *upper[paired:]):
        axes.plot(
            curve.times,
            curve.quantiles[place],
            color=BLUE,
            linewidth=0.9,
            linestyle=":",
            label=f"quantile {levels[place]:g}",
        )


def _draw_previous(axes: "Axes", curve: Curve, first: np.generic) -> None:
    shown = curve.times >= first
    axes.plot(
        curve.times[shown],
        curve.median[shown],
        color=PURPLE,
        linewidth=1.0,
        linestyle=(0, (3, 1.5)),
        label="the forecast before",
    )


def _fit(axes: "Axes", values: np.ndarray, curve: Curve) -> None:
    """A range of y that outliers do not stretch, and a word on what lies beyond it or is not there."""
    # Outliers are measured on the history alone: where nothing moved, a narrow band would make one of any step.
    span = limits(values, curve.quantiles.ravel())
    if span is not None:
        axes.set_ylim(*span)
        beyond = int(((values < span[0]) | (values > span[1])).sum())
        note = f"{beyond} observed beyond the axis" if beyond else ""
    else:
        axes.set_yticks([])
        note = "nothing observed in this time"
    if not np.isfinite(curve.median).any():
        note = short(curve.reason or "no forecast", 60)
    if note:
        axes.text(0.01, 0.97, note, transform=axes.transAxes, va="top", fontsize=8, color=MUTED, bbox=NOTE)


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
