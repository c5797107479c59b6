"""The picture of what was not observed, and when."""

from itertools import pairwise

import numpy as np

from lstm.data.panel.closed import open_rows
from lstm.data.panel.panel import Panel
from lstm.report.charts.style import (
    MUTED,
    PALE,
    VERMILION,
    calm,
    moments,
    new_figure,
    png,
    short,
    time_axis,
    time_label,
    title,
)

MOST_ROWS = 30
MOST_BINS = 180


def missing_picture(panel: Panel) -> bytes:
    """PNG: a row a series and target, or a group of series where there are many, from the first step to the cutoff."""
    from matplotlib.colors import LinearSegmentedColormap
    from matplotlib.patches import Patch

    labels, groups = _groups(panel)
    edges = _edges(panel)
    expected = open_rows(panel)
    share = np.stack([_missing_share(panel, *group, edges, expected) for group in groups])
    # A single missing step among many should still be seen.
    shade = np.where(share > 0, 0.3 + 0.7 * share, share)
    figure = new_figure(0.9 + 0.17 * max(len(labels), 3))
    axes = figure.subplots()
    colors = LinearSegmentedColormap.from_list("missing", [PALE, VERMILION])
    axes.pcolormesh(
        moments(panel.frequency, edges), np.arange(len(labels) + 1), np.ma.masked_invalid(shade),
        cmap=colors, vmin=0.0, vmax=1.0, rasterized=True,
    )  # fmt: skip
    axes.invert_yaxis()
    calm(axes)
    axes.grid(False)
    axes.set_yticks(np.arange(len(labels)) + 0.5, labels)
    axes.tick_params(axis="y", labelsize=7 if len(labels) > 12 else 8)
    axes.set_xlabel(time_label(panel.frequency))
    time_axis(axes, panel.frequency, ticks=8)
    title(axes, "Missing targets")
    blank = "not begun, or closed" if panel.calendar.closed else "not begun"
    figure.legend(
        handles=[
            Patch(color=PALE, label="observed"),
            Patch(color=VERMILION, label="missing"),
            Patch(facecolor="white", edgecolor=MUTED, linewidth=0.5, label=blank),
        ],
        loc="outside upper right", ncols=3, frameon=False, fontsize=8, labelcolor=MUTED, handlelength=1.0,
    )  # fmt: skip
    return png(figure)


def share_missing(panel: Panel) -> float:
    """Share of the targets at open steps up to the cutoff that were not observed."""
    expected = open_rows(panel)
    return float(np.isnan(panel.targets[expected]).mean()) if expected.any() else 0.0


_Group = tuple[int, int, list[int]]  # first series, end of the series, targets


def _groups(panel: Panel) -> tuple[list[str], list[_Group]]:
    """What each row of the picture shows, and its label."""
    targets = list(range(len(panel.target_names)))
    if panel.series * len(targets) <= MOST_ROWS:
        pairs = [(series, target) for series in range(panel.series) for target in targets]
        labels = [f"{short(panel.names[s], 18)} · {short(panel.target_names[c], 14)}" for s, c in pairs]
        return labels, [(s, s + 1, [c]) for s, c in pairs]
    bounds = np.unique(np.linspace(0, panel.series, min(panel.series, MOST_ROWS) + 1).astype(int)).tolist()
    spans = list(pairwise(bounds))
    labels = [
        short(panel.names[a], 28) if b - a == 1 else f"{short(panel.names[a], 14)} to {short(panel.names[b - 1], 14)}"
        for a, b in spans
    ]
    return labels, [(a, b, targets) for a, b in spans]


def _edges(panel: Panel) -> np.ndarray:
    """Ordinals (bins + 1): the first step of each bin, and the step after the cutoff."""
    first = int(panel.start.min())
    steps = panel.cutoff - first + 1
    bins = min(steps, MOST_BINS)
    return first - (-np.arange(bins + 1) * steps // bins)


def _missing_share(
    panel: Panel, begin: int, end: int, targets: list[int], edges: np.ndarray, expected: np.ndarray
) -> np.ndarray:
    """float64 (bins): share of missing values of some series and targets; NaN where none was expected.

    expected: bool (T), rows that count.
    """
    # Each row that counts falls into the bin of its ordinal; a bin's share is of as many values as it has rows and
    # targets, so a series counts only from its first step on.
    rows = slice(int(panel.indptr[begin]), int(panel.indptr[end]))
    lengths = np.diff(panel.indptr[begin : end + 1])
    offsets = panel.start[begin:end] - panel.indptr[begin:end]
    ordinals = np.arange(rows.start, rows.stop) + np.repeat(offsets, lengths)
    known = expected[rows]
    bins = np.searchsorted(edges, ordinals[known], side="right") - 1
    missing = np.isnan(panel.targets[rows][known][:, targets]).sum(axis=1)
    count = np.bincount(bins, minlength=len(edges) - 1) * len(targets)
    absent = np.bincount(bins, weights=missing, minlength=len(edges) - 1)
    share = np.full(len(edges) - 1, np.nan)
    np.divide(absent, count, out=share, where=count > 0)
    return share
