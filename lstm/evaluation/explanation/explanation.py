"""What is said of what moves forecasts: groups of inputs, and what each of them adds."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from lstm.evaluation.change.published import Maker
from lstm.evaluation.explanation.earlier import Question

Kind = Literal["level", "trend", "season", "rest", "past", "future", "calendar", "holidays", "others", "history"]
HISTORY = ("level", "trend", "season", "rest")


@dataclass(frozen=True)
class Group:
    """Inputs that are switched together. season: steps, of a pattern. past, future: columns of the panel.

    name: as tables have it. A pattern's is `season of 7`, a covariate's its own.
    """

    name: str
    kind: Kind
    season: int = 0
    past: tuple[int, ...] = ()
    future: tuple[int, ...] = ()

    @property
    def of_history(self) -> bool:
        """Whether it is a part of the targets' look-back."""
        return self.kind in HISTORY


@dataclass(frozen=True)
class Explained:
    """Forecasts by one maker. series: int (N), places in the panel, rising.

    forecast, usual: float64 (N, H, C), what was published and what is usual; NaN where this maker has no say or nothing
    is explained. contributions: (N, H, C, G), whose sum is forecast - usual.
    """

    maker: Maker
    groups: tuple[Group, ...]
    series: np.ndarray
    forecast: np.ndarray
    usual: np.ndarray
    contributions: np.ndarray


@dataclass(frozen=True)
class Explanation:
    """All that was explained of a panel. question: against what.

    unexplained: why not, and how many series and targets it concerns.
    """

    question: Question
    parts: tuple[Explained, ...]
    unexplained: tuple[tuple[str, int], ...]
