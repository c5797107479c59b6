"""Explanations made by hand, and by a small model."""

from collections.abc import Sequence

import numpy as np

from lstm.data.panel.panel import Panel
from lstm.evaluation.change.published import Maker
from lstm.evaluation.explanation.earlier import Question
from lstm.evaluation.explanation.explanation import Explained, Explanation, Group
from panels import make_panel

LEVEL = Group("level", "level")
WEEK = Group("season of 7", "season", 7)
PLAN = Group("scheduled", "future", future=(0,))
TUESDAY = 16061  # the ordinal of 2013-12-22 is the cutoff's, so that step 2 is a Tuesday


def by_hand(
    parts: Sequence[Sequence[Sequence[float]]],
    *,
    usual: float = 100.0,
    groups: tuple[Group, ...] = (LEVEL, WEEK, PLAN),
    unexplained: tuple[tuple[str, int], ...] = (),
) -> tuple[Panel, Explanation]:
    """A panel of series a, b, … with the target y, explained at its steps. parts: by series, step and group."""
    contributions = np.array(parts, float)[:, :, None]  # (N, H, 1, G)
    names = "abcdefgh"[: len(contributions)]
    panel = make_panel(dict.fromkeys(names, np.full(10, usual)), horizon=contributions.shape[1], cutoff=TUESDAY)
    ground = np.full(contributions.shape[:3], usual)
    part = Explained(
        Maker("champion", 1), groups, np.arange(len(names)), ground + contributions.sum(axis=-1), ground, contributions
    )
    return panel, Explanation(Question((7,), 7), (part,), unexplained)
