"""Pictures of an explanation: single forecasts from usual to forecast, and how much each group moves on average."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from lstm.data.panel.panel import Panel
from lstm.evaluation.explanation.explanation import Explanation
from lstm.evaluation.explanation.summaries import Example, mean_sizes, sizes_by_segment
from lstm.evaluation.explanation.titles import decimals, signed, step_name
from lstm.report.charts.style import BLUE, FAINT, INK, MUTED, VERMILION, calm, new_figure, png, short, title

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST_TARGETS = 6
SMALLEST_BAR = 0.01  # of the largest; smaller ones are told together
PALETTE = (BLUE, "#E69F00", "#009E73", "#AA4499", VERMILION, "#8793A1")


def waterfall_picture(panel: Panel, examples: Sequence[Example]) -> bytes | None:
    """PNG of forecasts, each as a walk from what is usual over the groups to the forecast; None without any."""
    if not examples:
        return None
    heights = [2 + len(bars_of(example)) for example in examples]
    figure = new_figure(0.35 * len(examples) + 0.24 * sum(heights))
    places = figure.subplots(len(examples), 1, squeeze=False, height_ratios=heights)
    for (axes,), example in zip(places, examples, strict=True):
        _walk(axes, panel, example)
    return png(figure)


def _walk(axes: "Axes", panel: Panel, example: Example) -> None:
    parts = bars_of(example)
    ends = example.usual + np.cumsum([0.0, *(value for _, value in parts)])
    digits = decimals(max((abs(value) for _, value in parts), default=0.0))
    labels = ["usual", *(name for name, _ in parts), "forecast"]
    low, high = float(ends.min()), float(ends.max())
    width = (high - low) or max(abs(high), 1.0)
    for row, ((_, value), begin) in enumerate(zip(parts, ends, strict=False), start=1):
        axes.barh(row, value, left=begin, height=0.6, color=BLUE if value > 0 else VERMILION)
        axes.plot([begin + value] * 2, [row - 0.3, row + 1.3], color=FAINT, linewidth=0.8)
        beside = max(begin, begin + value) + 0.01 * width
        axes.text(beside, row, signed(value, digits), va="center", fontsize=8, color=INK)
    for row, value in ((0, example.usual), (len(labels) - 1, example.forecast)):
        axes.plot([value], [row], "D", color=INK, markersize=5)
        text = f"{value:,.{digits}f}"
        axes.text(value + 0.02 * width, row, text, va="center", fontsize=8, fontweight="bold", color=INK)
    axes.plot([example.usual] * 2, [0, 1.3], color=FAINT, linewidth=0.8)
    axes.set_yticks(range(len(labels)), [short(label, 30) for label in labels])
    axes.set_ylim(len(labels) - 0.4, -0.6)
    axes.set_xlim(low - 0.06 * width, high + 0.14 * width)
    calm(axes, grid="x")
    axes.tick_params(axis="y", labelcolor=INK)
    name = short(panel.names[example.series], 30)
    when = step_name(panel.frequency, panel.cutoff + 1 + example.step, panel.time_zone)
    title(axes, f"{name} · {short(panel.target_names[example.target], 24)}", right=when)


def bars_of(example: Example) -> list[tuple[str, float]]:
    """The parts, largest first; those that are too small for a bar together."""
    ranked = sorted(example.parts, key=lambda part: -abs(part[1]))
    large = [part for part in ranked if abs(part[1]) >= SMALLEST_BAR * abs(ranked[0][1])]
    small = [value for _, value in ranked[len(large) :]]
    return [*large, (f"{len(small)} others" if len(small) > 1 else ranked[-1][0], sum(small))] if small else large


def contributions_picture(panel: Panel, explanation: Explanation) -> bytes | None:
    """PNG of the mean absolute contribution of each group, a panel a target; None where nothing is explained.

    Where a key or static column has a few values, a bar for each of them.
    """
    overall = mean_sizes(panel, explanation)
    shown = [place for place in range(len(panel.target_names)) if any(np.isfinite(s[place]) for s in overall.values())]
    if not shown:
        return None
    column, by_value = sizes_by_segment(panel, explanation)
    bars = by_value or {"": overall}
    shown = shown[:MOST_TARGETS]
    figure = new_figure(0.6 + len(shown) * (0.35 + len(overall) * (0.14 + 0.11 * len(bars))))
    places = figure.subplots(len(shown), 1, squeeze=False)
    for (axes,), target in zip(places, shown, strict=True):
        order = sorted(overall, key=lambda name: -float(np.nan_to_num(overall[name][target])))
        _bars(axes, {name: {value: float(sizes[name][target]) for value, sizes in bars.items() if name in sizes}
                     for name in order})  # fmt: skip
        title(axes, short(panel.target_names[target], 40), right="in its unit")
    places[-1][0].set_xlabel("mean absolute contribution, up or down", loc="left")
    if column:
        _legend(figure, column, list(by_value))
    return png(figure)


def _bars(axes: "Axes", sizes: Mapping[str, Mapping[str, float]]) -> None:
    """sizes: by group, then by segment."""
    longest = max((value for by_value in sizes.values() for value in by_value.values() if value == value), default=0.0)
    digits = decimals(longest)
    for row, by_value in enumerate(sizes.values()):
        thick = 0.8 / max(len(by_value), 1)
        for place, value in enumerate(by_value.values()):
            length = float(np.nan_to_num(value))
            where = row + (place - (len(by_value) - 1) / 2) * thick
            axes.barh(where, length, height=0.85 * thick, color=PALETTE[place % len(PALETTE)])
            axes.text(length + 0.01 * longest, where, f"{value:,.{digits}f}", va="center", fontsize=7, color=MUTED)
    axes.set_yticks(range(len(sizes)), [short(name, 30) for name in sizes])
    axes.set_ylim(len(sizes) - 0.5, -0.5)
    axes.set_xlim(0, 1.1 * longest or 1.0)
    calm(axes, grid="x")
    axes.tick_params(axis="y", labelcolor=INK)


def _legend(figure: "Figure", column: str, values: Sequence[str]) -> None:
    from matplotlib.patches import Patch

    handles = [Patch(color=PALETTE[place % len(PALETTE)], label=short(value, 20)) for place, value in enumerate(values)]
    figure.legend(
        handles=handles, title=column, loc="outside upper right", ncols=len(values), frameon=False, fontsize=8,
        title_fontsize=8, labelcolor=MUTED, handlelength=1.0,
    )  # fmt: skip
