"""The picture of a change: last night's and tonight's forecast of what changed most, beside the parts of the change."""

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from lstm.data.panel.panel import Panel
from lstm.evaluation.change.attribution import Change, largest, size, sizes_by_part
from lstm.evaluation.wording import share_text, steps_in_words
from lstm.report.charts.curves import curve_of, legend, line, observed_values
from lstm.report.charts.style import (
    BLUE,
    FAINT,
    GREEN,
    INK,
    MUTED,
    ORANGE,
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

SHOWN = 3
MOST_RANKED = 1_000
BEFORE = 2  # horizons of history
COLORS = {"new data": GREEN, "data and covariates": GREEN, "covariates": ORANGE, "new model": BLUE}


def change_picture(change: Change, panel: Panel, previous: pa.Table, forecasts: pa.Table) -> bytes | None:
    """PNG of the largest changes; None where nothing moved. previous, forecasts: the rows of both nights."""
    pairs = pairs_of_each_target(change)
    if not pairs:
        return None
    figure = new_figure(0.8 + 1.75 * len(pairs))
    places = figure.subplots(len(pairs), 2, squeeze=False, width_ratios=(3, 1))
    shares = [_shares(change, panel, *pair) for pair in pairs]
    longest = max(np.nan_to_num([share for bars in shares for share in (bars.moved, *bars.parts.values())]))
    for (curves, right), bars, (series, target) in zip(places, shares, pairs, strict=True):
        _curves(curves, change, panel, previous, forecasts, series, target)
        _draw_bars(right, bars, longest)
    places[-1][0].set_xlabel(time_label(panel.frequency), loc="left")
    season = steps_in_words(panel.frequency, change.season)
    places[-1][1].set_xlabel(f"% of a usual change in {season}", loc="right")
    legend(figure, [curves for curves, _ in places])
    return png(figure)


def pairs_of_each_target(change: Change, count: int = SHOWN) -> list[tuple[int, int]]:
    """(series, target) of the largest changes, one of each target before a second one of any."""
    ranked, turns = [], Counter[int]()
    for place, (series, target) in enumerate(largest(change, MOST_RANKED)):
        ranked.append((turns[target], place, series, target))
        turns[target] += 1
    return [(series, target) for *_, series, target in sorted(sorted(ranked)[:count], key=lambda rank: rank[1])]


def _curves(
    axes: "Axes", change: Change, panel: Panel, previous: pa.Table, forecasts: pa.Table, series: int, target: int
) -> None:
    ordinals = np.arange(change.cutoff - BEFORE * panel.horizon, panel.cutoff + panel.horizon + 1)
    times, values = moments(panel.frequency, ordinals), observed_values(panel, series, target, ordinals)
    old = ordinals <= change.cutoff
    since = (ordinals >= change.cutoff) & (ordinals <= panel.cutoff)  # from the last old one, so that they join
    last, tonight = (curve_of(panel, rows, series, target, ()) for rows in (previous, forecasts))
    line(axes, times[old], values[old], INK, "observed")
    line(axes, times[since], values[since], VERMILION, "observed since")
    axes.plot(last.times, last.median, color=PURPLE, linewidth=1.3, linestyle=(0, (3, 1.5)), label="last night's")
    line(axes, tonight.times, tonight.median, BLUE, "tonight's", width=1.8)
    for cutoff in (change.cutoff, panel.cutoff):
        edge = moments(panel.frequency, np.array([cutoff]))[0]
        axes.axvline(edge, color=FAINT, linewidth=1.0, linestyle=(0, (2, 2)))
    axes.set_xlim(times[0], times[-1])
    span = limits(values, np.concatenate([last.median, tonight.median]))
    if span is not None:
        axes.set_ylim(*span)
    calm(axes)
    time_axis(axes, panel.frequency, ticks=6)
    name = short(panel.names[series], 24)
    title(axes, name if len(panel.target_names) == 1 else f"{name} · {short(panel.target_names[target], 20)}")


@dataclass(frozen=True)
class _Bars:
    """The parts of one pair's change and the whole of it, as shares of a usual change."""

    moved: float
    parts: dict[str, float]


def _shares(change: Change, panel: Panel, series: int, target: int) -> _Bars:
    usual = change.scale[series, target]
    parts = {name: float(part[series, target] / usual) for name, part in sizes_by_part(change, panel).items()}
    return _Bars(float(size(change.total)[series, target] / usual), parts)


def _draw_bars(axes: "Axes", bars: _Bars, longest: float) -> None:
    """longest: what fills the width, the same for all pairs, so that they compare."""
    names, shares = list(bars.parts), list(bars.parts.values())
    widths = np.nan_to_num(shares)
    axes.barh(range(len(names)), widths, color=[COLORS[name] for name in names], height=0.55)
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(len(names) - 0.5, -0.5)
    for row, value in enumerate(shares):
        text = share_text(value) if np.isfinite(value) else "not known"
        axes.text(widths[row] + 0.03 * longest, row, text, va="center", fontsize=8, color=MUTED)
    axes.set_xlim(0, 1.5 * longest)
    calm(axes, grid="x")
    axes.tick_params(axis="y", labelcolor=INK)
    axes.set_xticks([])
    title(axes, f"moved {share_text(bars.moved)}")
