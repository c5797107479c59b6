"""The picture of the backtest: one bar a target and contestant."""

import math

import pyarrow as pa
import pyarrow.compute as pc

from lstm.contestants import method_name
from lstm.evaluation.wording import UNKNOWN
from lstm.report.charts.legend import METHOD_COLORS, by_rows, in_order
from lstm.report.charts.style import FAINT, INK, MUTED, calm, new_figure, png, short, title

MOST_TARGETS = 10
ON_WHITE = {"facecolor": "white", "edgecolor": "none", "pad": 0.8}  # the line at 1 does not cross a number


def scores_picture(scores: pa.Table) -> bytes:
    """PNG of the MASE of each contestant, by target. scores: see `lstm.evaluation.backtest.score`."""
    from matplotlib.patches import Patch

    by_target = mase_by_target(scores)
    shown = list(by_target)[:MOST_TARGETS]
    methods = methods_of(scores)
    colors = {method: METHOD_COLORS.get(method, INK) for method in methods}
    thick = 0.8 / max(len(methods), 1)
    figure = new_figure(0.9 + len(shown) * (0.25 + 0.19 * len(methods)))
    axes = figure.subplots()
    reach = _reach([value for target in shown for value in by_target[target].values()])
    for place, target in enumerate(shown):
        for row, method in enumerate(methods):
            value = by_target[target].get(method, math.nan)
            where = place + (row - (len(methods) - 1) / 2) * thick
            length = min(value, reach) if math.isfinite(value) else 0.0
            axes.barh(where, length, height=0.88 * thick, color=colors[method])
            label = f"{value:.2f}" if math.isfinite(value) else UNKNOWN
            axes.text(length + 0.012 * reach, where, label, va="center", fontsize=8, color=INK, bbox=ON_WHITE)
    axes.axvline(1.0, color=FAINT, linewidth=1.0, linestyle=(0, (2, 2)))
    axes.set_xlim(0, 1.12 * reach)
    axes.set_ylim(len(shown) - 0.5, -0.5)
    axes.set_yticks(range(len(shown)), [short(target, 20) for target in shown])
    axes.set_xlabel("MASE; 1 is the error of repeating the last season within the history, smaller is better")
    calm(axes, grid="x")
    hidden = len(by_target) - len(shown)
    title(axes, "Backtest", right=f"{hidden} more targets in the scores" if hidden else "")
    figure.legend(
        handles=by_rows([Patch(color=color, label=method_name(method)) for method, color in colors.items()], columns=4),
        loc="outside upper left", ncols=4, frameon=False, fontsize=8, labelcolor=MUTED, handlelength=1.0,
    )  # fmt: skip
    return png(figure)


def mase_by_target(scores: pa.Table) -> dict[str, dict[str, float]]:
    """MASE by target and contestant, NaN where undefined."""
    rows = scores.filter(pc.equal(scores["scope"], "target")).select(["target", "method", "mase"])
    by_target: dict[str, dict[str, float]] = {}
    for row in rows.to_pylist():
        by_target.setdefault(row["target"], {})[row["method"]] = math.nan if row["mase"] is None else row["mase"]
    return by_target


def methods_of(scores: pa.Table) -> list[str]:
    """The contestants: challenger, champion, the baselines, then any others."""
    return in_order(set(scores["method"].to_pylist()))


def _reach(values: list[float]) -> float:
    """Length of the axis: a value beyond three times the median is cut off, and its number tells it."""
    finite = sorted(value for value in values if math.isfinite(value))
    return max(min(finite[-1], 3.0 * finite[len(finite) // 2]), 1.1) if finite else 1.1
