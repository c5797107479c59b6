"""The picture of a scenario: a row a series, nothing where nothing is to be drawn."""

import io

import numpy as np
from PIL import Image
from scenarios import scenario_story

from lstm.report.charts.scenario_curves import ScenarioView, scenario_picture


def view() -> ScenarioView:
    story = scenario_story()
    return ScenarioView(story.panel, story.tonight, story.assumed, story.open_steps, 1)


def test_more_series_make_a_higher_picture_and_none_makes_no_picture():
    def height(pairs: list[tuple[int, int]]) -> float:
        picture = Image.open(io.BytesIO(scenario_picture(view(), pairs) or b""))
        return picture.height / picture.width

    assert height([(0, 0), (1, 0)]) > height([(0, 0)])
    assert scenario_picture(view(), []) is None


def test_another_assumption_makes_another_picture():
    other = view()
    other.assumed.quantiles[0] += 5.0
    assert scenario_picture(view(), [(0, 0)]) != scenario_picture(other, [(0, 0)])


def test_closed_steps_and_a_horizon_without_numbers_can_be_drawn():
    story = scenario_story()
    story.assumed.quantiles[:] = np.nan
    closed = ScenarioView(story.panel, story.tonight, story.assumed, np.array([True, False]), 1)
    assert scenario_picture(closed, [(0, 0)]) is not None
