"""The picture of a scenario: tonight's forecast and the assumed one of some series, and their difference by step."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lstm.data.panel.panel import Panel
from lstm.model.serving.forecast_rows import Served
from lstm.report.charts.curves import legend, line, observed_values
from lstm.report.charts.style import (
    BLUE,
    FAINT,
    INK,
    LARGEST_GRID,
    MUTED,
    ORANGE,
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

BEFORE = 2  # horizons of history


@dataclass(frozen=True)
class ScenarioView:
    """What the picture shows. open_steps: bool (H). median: place of the level 0.5."""

    panel: Panel
    tonight: Served
    assumed: Served
    open_steps: np.ndarray
    median: int


def scenario_picture(view: ScenarioView, pairs: Sequence[tuple[int, int]]) -> bytes | None:
    """PNG of the pairs (series, target), a row each; None without any."""
    if not pairs:
        return None
    figure = new_figure(0.8 + 1.75 * len(pairs))
    places = figure.subplots(len(pairs), 2, squeeze=False, width_ratios=(2, 1))
    for (curves, difference), (series, target) in zip(places, pairs, strict=True):
        _draw_curves(curves, view, series, target)
        _draw_difference(difference, view, series, target)
    for axes in places[-1]:
        axes.set_xlabel(time_label(view.panel.frequency), loc="left")
    legend(figure, [curves for curves, _ in places])
    return png(figure, LARGEST_GRID)


def _draw_curves(axes: "Axes", view: ScenarioView, series: int, target: int) -> None:
    panel = view.panel
    past = np.arange(panel.cutoff - BEFORE * panel.horizon + 1, panel.cutoff + 1)
    values = observed_values(panel, series, target, past)
    times = moments(panel.frequency, past)
    line(axes, times, values, INK, "observed")
    shown = [values]
    for served, color, label in ((view.tonight, BLUE, "tonight's forecast"), (view.assumed, ORANGE, "what if")):
        quantiles = _quantiles(view, served, series, target)
        ahead = _ahead(view)
        axes.fill_between(ahead, quantiles[:, 0], quantiles[:, -1], color=color, alpha=0.18, linewidth=0)
        line(axes, ahead, quantiles[:, view.median], color, label, width=1.8)
        shown.append(quantiles.ravel())
    axes.axvline(times[-1], color=FAINT, linewidth=1.0, linestyle=(0, (2, 2)))
    span = limits(values, np.concatenate(shown[1:]))
    if span is not None:
        axes.set_ylim(*span)
    calm(axes)
    time_axis(axes, panel.frequency, ticks=5)
    name = short(panel.names[series], 24)
    title(axes, name if len(panel.target_names) == 1 else f"{name} · {short(panel.target_names[target], 20)}")


def _draw_difference(axes: "Axes", view: ScenarioView, series: int, target: int) -> None:
    moved = _quantiles(view, view.assumed, series, target) - _quantiles(view, view.tonight, series, target)
    ahead = _ahead(view)
    axes.fill_between(ahead, moved.min(axis=1), moved.max(axis=1), color=ORANGE, alpha=0.18, linewidth=0)
    line(axes, ahead, moved[:, view.median], ORANGE, "difference", width=1.8)
    axes.axhline(0.0, color=MUTED, linewidth=0.8)
    calm(axes)
    time_axis(axes, view.panel.frequency, ticks=5)
    title(axes, "difference")


def _ahead(view: ScenarioView) -> np.ndarray:
    ordinals = view.panel.cutoff + np.arange(1, view.panel.horizon + 1)
    return moments(view.panel.frequency, ordinals)


def _quantiles(view: ScenarioView, served: Served, series: int, target: int) -> np.ndarray:
    """float64 (H, Q), NaN at closed steps, where a line breaks."""
    return np.where(view.open_steps[:, None], served.quantiles[series, :, :, target], np.nan)
