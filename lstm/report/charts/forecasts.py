"""Pictures of forecasts: recent history, the median with its bands, and who made it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from lstm.contestants import method_name
from lstm.data.panel.panel import Panel
from lstm.evaluation.wording import steps_in_words
from lstm.report.charts.curves import Curve, curve_of, legend, line, observed_values
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
    from matplotlib.axes import Axes

PAIRS = 6
FEWEST_STEPS = 28
NOTE = {"facecolor": "white", "edgecolor": "none", "alpha": 0.85, "pad": 1.5}


@dataclass(frozen=True)
class ForecastView:
    """What a picture of forecasts shows. forecasts: rows tonight. levels: Q. previous: rows of an older publication."""

    panel: Panel
    forecasts: pa.Table
    levels: Sequence[float]
    previous: pa.Table | None = None


def forecast_grid(view: ForecastView) -> bytes:
    """PNG of several small forecasts; which ones, see `choose_pairs`."""
    panel = view.panel
    pairs = choose_pairs(panel.series, len(panel.target_names))
    columns = 1 if len(pairs) < 3 else 2
    rows = math.ceil(len(pairs) / columns)
    figure = new_figure(0.7 + 1.85 * rows)
    places = figure.subplots(rows, columns, squeeze=False).ravel()
    for axes, (series, target) in zip(places, pairs, strict=False):
        _draw(axes, view, series, target, letters=52 // columns)
    for axes in places[len(pairs) :]:
        axes.set_axis_off()
    for axes in places[max(len(pairs) - columns, 0) : len(pairs)]:
        axes.set_xlabel(time_label(panel.frequency), loc="left")
    legend(figure, list(places[: len(pairs)]))
    return png(figure, LARGEST_GRID)


def choose_pairs(series: int, targets: int, count: int = PAIRS) -> list[tuple[int, int]]:
    """Up to `count` pairs (series, target), the same every night: each target, as long as they fit, and several series.

    series, targets: how many there are. The series lie evenly between the first and the last.
    """
    spread = min(series, max(3, math.ceil(count / targets)))
    places = [round(place) for place in np.linspace(0, series - 1, spread)]
    pairs = [(places[(target + turn) % spread], target) for turn in range(spread) for target in range(targets)]
    return sorted(pairs[:count], key=lambda pair: (pair[1], pair[0]))


def _draw(axes: "Axes", view: ForecastView, series: int, target: int, letters: int) -> None:
    """One series and target. letters: bold ones that fill two thirds of the width."""
    panel, levels, frequency = view.panel, view.levels, view.panel.frequency
    ordinals = _span(panel)
    times, values = moments(frequency, ordinals), observed_values(panel, series, target, ordinals)
    past = ordinals <= panel.cutoff
    curve = curve_of(panel, view.forecasts, series, target, levels)
    line(axes, times[past], values[past], INK, "observed")
    if view.previous is not None and view.previous.num_rows:
        _draw_previous(axes, curve_of(panel, view.previous, series, target, levels), times[0])
    _draw_bands(axes, curve, levels)
    ahead = steps_in_words(frequency, panel.horizon)
    line(axes, curve.times, curve.median, BLUE, f"forecast, {ahead} ahead", width=1.8)
    if np.isfinite(values[~past]).any():
        axes.plot(times[~past], values[~past], "o", color=VERMILION, markersize=2.5, label="observed after the cutoff")
    edge = moments(frequency, np.array([panel.cutoff]))[0]
    axes.axvline(edge, color=FAINT, linewidth=1.0, linestyle=(0, (2, 2)), label="cutoff")
    axes.set_xlim(times[0], moments(frequency, ordinals[-1:] + 1)[0])
    _fit(axes, values, curve)
    calm(axes)
    time_axis(axes, frequency, ticks=5 if letters < 40 else 8)
    axes.set_ylabel(short(panel.target_names[target], 24))
    name, method = titles(panel.names[series], panel.target_names[target], curve.method, letters)
    title(axes, name, right=method)


def _span(panel: Panel) -> np.ndarray:
    """Ordinals of a picture: four horizons or seven of the shortest seasons of history, then the horizon."""
    season = panel.frequency.default_seasons()[0]
    steps = max(4 * panel.horizon, min(7 * season, 12 * panel.horizon), FEWEST_STEPS)
    return np.arange(panel.cutoff - steps + 1, panel.cutoff + panel.horizon + 1)


def titles(series: str, target: str, method: str, letters: int) -> tuple[str, str]:
    """Titles at the left and at the right that do not meet. letters: bold ones that fill two thirds of the width."""
    first = short(series, letters // 2)
    name = f"{first} · {short(target, letters - 3 - len(first))}"
    # A bold letter is 1.3 times as wide as one at the right, and the mark of what was left out is wider still.
    return name, short(method_name(method), max(2 * letters - round(1.5 * len(name)), 8))


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
