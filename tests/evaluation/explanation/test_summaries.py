"""Explanations in short: means by group and segment, and the forecasts that are furthest from usual."""

import numpy as np
from explanations import by_hand

from lstm.evaluation.explanation.explanation import Explanation
from lstm.evaluation.explanation.summaries import (
    examples_of,
    furthest_from_usual,
    mean_sizes,
    sizes_by_segment,
)


def test_sizes_are_means_of_absolute_contributions() -> None:
    """The level of two series at two steps: 1, -3, 5 and 3, which is 3 on average; the pattern 1/2, the plan 4."""
    panel, explanation = by_hand([[[1, 0, 4], [-3, 0, 4]], [[5, 1, -4], [3, -1, -4]]])
    sizes = mean_sizes(panel, explanation)
    assert {title: size.tolist() for title, size in sizes.items()} == {
        "level": [3.0],
        "weekly pattern": [0.5],
        "scheduled": [4.0],
    }
    of_first = mean_sizes(panel, explanation, np.array([[True], [False]]))
    assert of_first["level"].tolist() == [2.0]


def test_segments_are_the_values_of_a_column_that_has_a_few() -> None:
    """Two series: a bar each. Of a single series there is nothing to compare."""
    panel, explanation = by_hand([[[1, 0, 4]], [[5, 1, -4]]])
    column, by_value = sizes_by_segment(panel, explanation)
    assert column == "id"
    assert {value: sizes["level"].tolist() for value, sizes in by_value.items()} == {"a": [1.0], "b": [5.0]}
    assert sizes_by_segment(*by_hand([[[1, 0, 4]]])) == ("", {})


def test_the_furthest_from_usual_come_first_once_a_series() -> None:
    """a is 6 away at its second step, b 9 at its first: b, then a, each at its furthest step."""
    panel, explanation = by_hand([[[1, 0, 0], [2, 4, 0]], [[-4, -5, 0], [1, 1, 1]]])
    examples = furthest_from_usual(panel, explanation, 5)
    assert [(example.series, example.step, example.forecast) for example in examples] == [(1, 0, 91.0), (0, 1, 106.0)]
    assert examples[0].parts == (("level", -4.0), ("weekly pattern", -5.0), ("scheduled", 0.0))
    assert examples[0].usual == 100.0
    assert len(furthest_from_usual(panel, explanation, 1)) == 1


def test_all_forecasts_come_in_order_or_those_of_some_steps() -> None:
    """Law: by series, then step."""
    panel, explanation = by_hand([[[1, 0, 0], [2, 4, 0]], [[-4, -5, 0], [1, 1, 1]]])
    assert [(example.series, example.step) for example in examples_of(panel, explanation)] == [
        (0, 0), (0, 1), (1, 0), (1, 1),
    ]  # fmt: skip
    assert [(example.series, example.step) for example in examples_of(panel, explanation, {1})] == [(0, 1), (1, 1)]


def test_what_is_not_explained_counts_nowhere() -> None:
    """A forecast without contributions is none of the mean, nor an example; without any there is no mean."""
    panel, explanation = by_hand([[[1, 0, 4], [np.nan, np.nan, np.nan]]])
    assert mean_sizes(panel, explanation)["level"].tolist() == [1.0]
    assert [example.step for example in examples_of(panel, explanation)] == [0]
    panel, nothing = by_hand([[[np.nan, np.nan, np.nan]]])
    assert np.isnan(mean_sizes(panel, nothing)["level"]).all()
    assert furthest_from_usual(panel, nothing, 3) == []
    assert mean_sizes(panel, Explanation(nothing.question, (), ())) == {}
