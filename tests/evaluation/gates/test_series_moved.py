"""What became of single series, as a colleague would say it."""

import numpy as np

from contestants import contestant
from lstm.evaluation.gates.series_moved import series_moved


def moved(errors, references, series=("EWR", "JFK"), targets=("temp", "pressure")):
    return series_moved(series, targets, {"challenger": contestant(errors), "champion": contestant(references)})


def test_the_series_that_lost_most_is_named():
    """Of four one is equal, two are better, and JFK pressure is 11 % worse."""
    sentence = moved([[0.9, 0.5], [1.0, 1.11]], [[1.0, 1.0], [1.0, 1.0]])
    assert sentence == "2 of 4 series and targets got better and 1 worse, most of all JFK pressure by 11 %"


def test_little_is_not_worth_a_name():
    """Less than 5 % is the noise of a backtest."""
    assert moved([[0.9], [1.04]], [[1.0], [1.0]], targets=("y",)) == "1 of 2 series got better and 1 worse"
    assert moved([[0.9], [0.8]], [[1.0], [1.0]], targets=("y",)) == "2 of 2 series got better"


def test_nothing_to_compare_is_not_told():
    """Without a champion, or where no MASE is defined."""
    assert series_moved(("a",), ("y",), {"challenger": contestant(1.0)}) == ""
    assert moved([[np.nan], [np.nan]], [[1.0], [1.0]], targets=("y",)) == ""
