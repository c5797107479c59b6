"""Pictures of training, scores and missing values."""

import math

import numpy as np
import pytest
from stories import METHODS, make_story, story_history, story_panel, story_scores

from lstm.report.charts.legend import in_order, method_name
from lstm.report.charts.missing import missing_picture, share_missing
from lstm.report.charts.scores import mase_by_target, scores_picture
from lstm.report.charts.style import LARGEST_PNG, limits, short
from lstm.report.charts.training_curves import training_picture


@pytest.mark.parametrize(("members", "epochs"), [(1, 1), (1, 40), (3, 30)])
def test_a_training_of_any_length_is_drawn(members: int, epochs: int) -> None:
    """One epoch, many epochs, several members."""
    assert len(training_picture(story_history(members, epochs))) <= LARGEST_PNG


def test_losses_that_are_not_numbers_are_gaps() -> None:
    """A training that diverged has a history too."""
    history = story_history()
    nothing = np.full(len(history), np.nan)
    for name in ("train_loss", "validation_loss"):
        history = history.set_column(history.column_names.index(name), name, [nothing])
    assert training_picture(history)


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


def test_contestants_come_in_a_fixed_order() -> None:
    """Challenger, champion, baselines, then others by name."""
    assert in_order({"b", "champion", "a", "baseline:naive", "challenger"}) == [
        "challenger",
        "champion",
        "baseline:naive",
        "a",
        "b",
    ]
    assert method_name("baseline:seasonal_naive") == "seasonal naive baseline"


@pytest.mark.parametrize(("series", "targets"), [(1, 1), (29, 2), (1000, 1)])
def test_missing_values_of_any_panel_are_drawn(series: int, targets: int) -> None:
    """Rows for pairs, for series, or for groups of series."""
    panel = story_panel([f"s{i}" for i in range(series)], tuple(f"t{i}" for i in range(targets)))
    assert len(missing_picture(panel)) <= LARGEST_PNG


def test_the_share_of_missing_targets_leaves_the_horizon_out() -> None:
    """10 of the 120 steps are missing in `a`, none of the 117 in `b`: 10 of 237."""
    assert share_missing(story_panel(["a", "b"])) == pytest.approx(10 / 237)


def test_nothing_missing_makes_no_picture() -> None:
    """An empty map tells nothing that the sentence does not."""
    panel = story_panel(["a"])
    panel.targets[:-14] = 1.0
    assert make_story(panel=panel).pictures.missing is None


def test_an_axis_keeps_what_must_be_seen_and_drops_outliers() -> None:
    """0 to 10 has quantiles 0.5 and 9.5; 1.5 times their distance, 13.5, beyond them lies -13 to 23; 7 % margin."""
    assert limits(np.arange(11.0), np.array([5.0])) == pytest.approx((-0.7, 10.7))
    low, high = limits(np.append(np.tile(np.arange(11.0), 4), 1e9), np.array([30.0])) or (0, 0)
    assert low < 0 < 30 < high < 50
    assert limits(np.array([np.nan]), np.array([])) is None
    assert limits(np.array([3.0, 3.0]), np.array([])) == (2.5, 3.5)


def test_a_long_name_loses_its_middle() -> None:
    """Beginnings and ends tell names apart; line breaks become blanks."""
    assert short("abcdefghij", 5) == "ab…ij"
    assert short("a\nb\tc", 10) == "a b c"
