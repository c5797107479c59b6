"""The picture of a tuning: every trial against the file's own setting, and how much each key mattered."""

from typing import TYPE_CHECKING

import numpy as np

from lstm.references import Search
from lstm.report.charts.style import BLUE, FAINT, GREEN, INK, MUTED, calm, new_figure, png, title

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_KEYS = 12
LOWEST = 1.5  # spans of the middle half below the median: what is worse lies on the lower edge


def gain_over_current(search: Search) -> dict[int, float]:
    """By trial that has a score, how much better than the file's own setting it is, a share; below zero is worse."""
    start = search.current.objective or 0.0
    return {trial.number: 1.0 - float(np.exp((trial.objective or 0.0) - start)) for trial in search.scored}


def trials_picture(search: Search, called: str) -> bytes:
    """PNG: trials over time, and the importance of each key beside it. called: how the file's setting is called."""
    shares = list(search.importance.items())[:MOST_KEYS]
    figure = new_figure(2.6)
    if shares:
        left, right = figure.subplots(1, 2, width_ratios=(3, 2))
        _importance(right, shares)
    else:
        left = figure.subplots()
    _over_time(left, search, called)
    return png(figure)


def _over_time(axes: "Axes", search: Search, called: str) -> None:
    from matplotlib.ticker import MaxNLocator

    gains = gain_over_current(search)
    numbers = np.array(sorted(gains))
    percent = 100.0 * np.array([gains[number] for number in numbers])
    low, middle = np.quantile(percent, (0.25, 0.5))
    floor = min(middle - LOWEST * max(np.quantile(percent, 0.75) - low, 0.5), 0.0)
    early = np.array([bool(search.trials[number].stopped) for number in numbers])
    shown = np.maximum(percent, floor)
    for chosen, color, label in ((~early, BLUE, "trial"), (early, FAINT, "stopped early")):
        if chosen.any():
            axes.plot(numbers[chosen], shown[chosen], "o", color=color, markersize=4, label=label)
    axes.step(numbers, np.maximum.accumulate(percent), where="post", color=GREEN, linewidth=1.4, label="best so far")
    axes.axhline(0.0, color=INK, linewidth=0.8, linestyle=(0, (2, 2)))
    axes.set_xlabel("trial")
    axes.set_ylabel(f"better than {called}, %")
    axes.xaxis.set_major_locator(MaxNLocator(8, integer=True))
    axes.legend(loc="upper left", bbox_to_anchor=(0.0, -0.2), ncols=3, frameon=False, fontsize=7, labelcolor=MUTED)
    calm(axes)
    below = int((percent < floor).sum())
    title(axes, "Trials", right=f"{below} worse on the lower edge" if below else "")


def _importance(axes: "Axes", shares: list[tuple[str, float]]) -> None:
    names, values = [name for name, _ in shares], [100.0 * share for _, share in shares]
    axes.barh(range(len(names)), values, color=BLUE, height=0.7)
    axes.set_yticks(range(len(names)), names)
    axes.invert_yaxis()
    axes.set_xlabel("share of what the best quarter\nhas in common, %")
    calm(axes, grid="x")
    title(axes, "Importance")
