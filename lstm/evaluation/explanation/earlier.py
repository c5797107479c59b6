"""A series' own earlier windows at the same place in the season: what is usual, and so the ground of an explanation.

Letters: N windows, B earlier windows of each at most, P pairs of the two.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lstm.data.panel.panel import Panel

EARLIER = 4


@dataclass(frozen=True)
class Question:
    """What a forecast is held against. seasons: of which patterns are looked for, in steps. apart: steps between the
    earlier windows, whole seasons. earlier: B.
    """

    seasons: tuple[int, ...]
    apart: int
    earlier: int = EARLIER


def earlier_windows(
    panel: Panel, series: np.ndarray, rows: np.ndarray, question: Question, needed: int
) -> tuple[np.ndarray, np.ndarray]:
    """(int (P) place of the window that each belongs to, rising; int64 (P) its own cutoff row, nearest first).

    series, rows: (N). needed: steps up to its cutoff that a window must have.
    """
    back = question.apart * np.arange(1, question.earlier + 1)
    cutoffs = rows[:, None] - back
    window, place = np.nonzero(cutoffs >= panel.indptr[series][:, None] + max(needed, 1) - 1)
    return window, cutoffs[window, place]


def mean_of_earlier(values: np.ndarray, window: np.ndarray, windows: int) -> np.ndarray:
    """float64 (N, ...): the mean over each window's earlier ones, from one value each (P, ...); NaN without any."""
    means = np.full((windows, *values.shape[1:]), np.nan)
    if len(window):
        begins = np.flatnonzero(np.diff(window, prepend=-1))
        count = np.diff(np.append(begins, len(window))).reshape(-1, *[1] * (values.ndim - 1))
        means[window[begins]] = np.add.reduceat(values, begins, axis=0) / count
    return means


def question_for(panel: Panel, seasons: Sequence[int], telling: tuple[int, ...], needed: int) -> Question:
    """Against which earlier windows: those a (the longest) telling season apart, as far as histories reach.

    Where half of the series are too short for that, they are nearer: a shorter season, and a step at last.
    seasons: in steps. telling: those that tell something. needed: steps up to its cutoff that a window must have.
    """
    history = panel.cutoff - panel.start + 1
    longest_first = (*sorted(telling, reverse=True), *sorted(seasons, reverse=True))
    apart = next((season for season in longest_first if np.median(history - season) >= max(needed, 1)), 1)
    return Question(telling, apart)
