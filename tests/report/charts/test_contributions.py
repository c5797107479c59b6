"""Pictures of an explanation: what is drawn, and that it fits."""

import numpy as np
from explanations import by_hand

from lstm.evaluation.explanation.summaries import Example, furthest_from_usual
from lstm.report.charts.contributions import bars_of, contributions_picture, waterfall_picture
from lstm.report.charts.style import LARGEST_PNG


def test_a_walk_goes_from_usual_to_the_forecast_largest_part_first() -> None:
    """16, -2 and then what is too small for a bar of its own, together."""
    example = Example(0, 0, 0, 214.04, 200.0, (("level", -2.0), ("a", 0.01), ("b", 0.03), ("scheduled", 16.0)))
    bars = bars_of(example)
    assert [name for name, _ in bars] == ["scheduled", "level", "2 others"]
    np.testing.assert_allclose(sum(value for _, value in bars), 14.04)


def test_pictures_are_png_of_a_bounded_size() -> None:
    """Law: the artifact that Prefect keeps has a limit."""
    panel, explanation = by_hand([[[1, 2, 3], [4, -5, 6]], [[-1, 2, -3], [4, 5, 6]]])
    for picture in (
        waterfall_picture(panel, furthest_from_usual(panel, explanation, 2)),
        contributions_picture(panel, explanation),
    ):
        assert picture is not None
        assert picture.startswith(b"\x89PNG")
        assert len(picture) <= LARGEST_PNG


def test_a_forecast_as_usual_can_be_drawn() -> None:
    """All parts are 0."""
    panel, explanation = by_hand([[[0, 0, 0]]])
    assert waterfall_picture(panel, furthest_from_usual(panel, explanation, 1)) is not None
    assert contributions_picture(panel, explanation) is not None


def test_nothing_explained_has_no_picture() -> None:
    """Law: no empty frame."""
    panel, explanation = by_hand([[[np.nan] * 3]])
    assert waterfall_picture(panel, []) is None
    assert contributions_picture(panel, explanation) is None
