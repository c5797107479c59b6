"""Explanations in short: how much each group moves on average, and the forecasts that are furthest from usual."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from lstm.data.panel.panel import Panel
from lstm.evaluation.backtest.segments import segments
from lstm.evaluation.explanation.explanation import Explained, Explanation
from lstm.evaluation.explanation.titles import group_title

FEWEST_SEGMENTS, MOST_SEGMENTS = 2, 6


@dataclass(frozen=True)
class Example:
    """One forecast: usual and the contributions by group add up to it. series, target: places in the panel.

    step: from 0. parts: (group, what it adds), as they come.
    """

    series: int
    target: int
    step: int
    forecast: float
    usual: float
    parts: tuple[tuple[str, float], ...]


def mean_sizes(panel: Panel, explanation: Explanation, mask: np.ndarray | None = None) -> dict[str, np.ndarray]:
    """(C) mean absolute contribution of each group, over all explained forecasts; NaN for a target without any.

    mask: bool (S, C), which series and targets count. A group that some of the models do not have adds nothing there.
    """
    totals: dict[str, np.ndarray] = {}
    count = np.zeros(len(panel.target_names))
    for part in explanation.parts:
        known = np.isfinite(part.contributions).all(axis=-1)
        if mask is not None:
            known &= mask[part.series][:, None]
        count += known.sum(axis=(0, 1))
        sums = np.where(known[..., None], np.abs(part.contributions), 0.0).sum(axis=(0, 1))  # (C, G)
        for place, group in enumerate(part.groups):
            title = group_title(group, panel.frequency)
            totals[title] = totals.get(title, np.zeros(len(count))) + sums[:, place]
    with np.errstate(invalid="ignore"):
        return {title: np.where(count > 0, total / np.maximum(count, 1), np.nan) for title, total in totals.items()}


def sizes_by_segment(panel: Panel, explanation: Explanation) -> tuple[str, dict[str, dict[str, np.ndarray]]]:
    """(column, by its values `mean_sizes`) of the first key or static column of a few values; ("", {}) without one."""
    for column in (*panel.keys.column_names, *panel.static_names):
        if FEWEST_SEGMENTS <= _distinct(panel, column) <= MOST_SEGMENTS:
            names = {part.name.removeprefix(f"{column} "): part.mask for part in segments(panel, column)}
            return column, {name: mean_sizes(panel, explanation, mask) for name, mask in names.items()}
    return "", {}


def _distinct(panel: Panel, column: str) -> int:
    """How many values a key or static column has."""
    if column in panel.keys.column_names:
        return len(panel.keys[column].unique())
    return len(np.unique(panel.static[:, panel.static_names.index(column)]))


def furthest_from_usual(panel: Panel, explanation: Explanation, count: int) -> list[Example]:
    """The explained forecasts that are furthest from usual for their target, one of a series and target.

    One of each target comes before a second one of any.
    """
    candidates = list(_candidates(panel, explanation))
    turns: dict[int, int] = {}
    ranked = []
    for away, example in sorted(candidates, key=lambda pair: -pair[0]):
        turn = turns[example.target] = turns.get(example.target, -1) + 1
        ranked.append((turn, -away, example))
    return [example for *_, example in sorted(ranked, key=lambda rank: rank[:2])[:count]]


def _candidates(panel: Panel, explanation: Explanation) -> Iterator[tuple[float, Example]]:
    """(how far from usual, in mean distances of its target; the forecast): the furthest step of each series, target."""
    away = [np.abs(part.contributions.sum(axis=-1)) for part in explanation.parts]
    for target in range(len(panel.target_names)):
        known = np.concatenate([np.zeros(0), *(distance[..., target].ravel() for distance in away)])
        usual = known[np.isfinite(known)].mean() if np.isfinite(known).any() else 0.0
        for part, distance in zip(explanation.parts, away, strict=True):
            explained = np.isfinite(distance[..., target])
            furthest = np.where(explained, distance[..., target], -1.0).argmax(axis=1)
            for window in np.flatnonzero(explained.any(axis=1)).tolist():
                step = int(furthest[window])
                yield float(distance[window, step, target]) / (usual or 1.0), example(panel, part, window, step, target)


def example(panel: Panel, part: Explained, window: int, step: int, target: int) -> Example:
    """One forecast of a part of an explanation."""
    titles = [group_title(group, panel.frequency) for group in part.groups]
    values = part.contributions[window, step, target].tolist()
    forecast, usual = (float(numbers[window, step, target]) for numbers in (part.forecast, part.usual))
    return Example(int(part.series[window]), target, step, forecast, usual, tuple(zip(titles, values, strict=True)))


def examples_of(panel: Panel, explanation: Explanation, steps: set[int] | None = None) -> list[Example]:
    """Every explained forecast, by series, target and step. steps: from 0, those that are asked for."""
    examples = [
        example(panel, part, window, step, target)
        for part in explanation.parts
        for window, step, target in np.argwhere(np.isfinite(part.contributions).all(axis=-1)).tolist()
        if steps is None or step in steps
    ]
    return sorted(examples, key=lambda forecast: (forecast.series, forecast.target, forecast.step))
