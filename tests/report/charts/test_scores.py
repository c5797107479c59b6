"""The picture of the backtest."""

import math

import pytest
from stories import METHODS, story_scores

from lstm.report.charts.scores import mase_by_target, scores_picture
from lstm.report.charts.style import LARGEST_PNG


@pytest.mark.parametrize("mase", [0.8, math.nan, 1e12])
def test_scores_of_any_size_are_drawn(mase: float) -> None:
    """Undefined and absurd scores too."""
    assert len(scores_picture(story_scores(("temp", "humid", "$p$"), mase=mase))) <= LARGEST_PNG


def test_many_targets_do_not_make_an_endless_picture() -> None:
    """Fifty targets: the first ten are drawn."""
    assert len(scores_picture(story_scores(tuple(f"target {i}" for i in range(50))))) <= LARGEST_PNG


def test_scores_are_read_by_target_and_contestant() -> None:
    """The rows over all are left out."""
    assert mase_by_target(story_scores(("a", "b"), METHODS[:2], mase=0.5)) == {
        "a": {"challenger": 0.5, "champion": 0.7},
        "b": {"challenger": 0.5, "champion": 0.7},
    }
