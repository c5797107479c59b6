"""What a scenario changes, in numbers worked by hand and in words."""

from dataclasses import replace

import numpy as np
import pytest
from scenarios import scenario_story

from lstm.report.scenario.scenario_story import CAUTION, Effect, signed


def test_the_effect_is_the_mean_over_the_horizon_and_its_band_how_far_the_outermost_quantiles_move():
    """10 becomes 12; the lowest quantile moves by 2, the highest by 4."""
    effect = scenario_story().effect(0, 0)
    assert effect == Effect(tonight=10.0, assumed=12.0, low=2.0, high=4.0)
    assert (effect.difference, effect.share, effect.band) == (2.0, "+20 %", "+2.00 to +4.00")


def test_a_share_is_told_only_where_nothing_is_below_zero():
    assert Effect(-1.0, 2.0, 3.0, 3.0).share == ""
    assert Effect(0.0, 2.0, 2.0, 2.0).share == ""


def test_the_sentences_count_the_series_and_tell_what_changes_in_those_alone():
    assert scenario_story().sentences() == [
        "What if price *= 2 where id = A? 1 series of 2 would have other future covariates.",
        "The forecast of y over the 2 days ahead would be 12 in place of 10 a step on average, +2.00 (+20 %); band of "
        "the difference +2.00 to +4.00.",
    ]


def test_closed_steps_do_not_count():
    """The second day of the horizon, a Wednesday, is closed; the first one's numbers are what is left."""
    story = scenario_story()
    story.assumed.quantiles[0, 1] = 1000.0
    closed = {"calendar": {"closed": ["Wed"]}}
    pipeline = story.pipeline.model_validate(story.pipeline.model_dump(exclude_unset=True) | closed)
    assert replace(story, pipeline=pipeline).effect(0, 0).assumed == 12.0


def test_what_moves_most_comes_first_and_what_has_no_forecast_does_not_come():
    story = scenario_story(changed=np.array([True, True]))
    assert story.largest(5) == [(0, 0), (1, 0)]
    story.assumed.method[0] = "failed"
    assert replace(story).largest(5) == [(1, 0)]


def test_nothing_that_has_a_forecast_is_said():
    story = scenario_story()
    story.tonight.method[:] = "failed"
    assert replace(story).sentences()[1] == "None of them has a forecast of y."


def test_a_value_that_has_never_been_is_named_with_the_range_of_that_series():
    assert scenario_story().notes() == [
        "In 1 series price is assumed where it has never been, such as 8 of A, seen from 1 to 3: there the model "
        "extrapolates, and takes what is very far for nearer than it is.",
        CAUTION,
    ]


def test_series_that_a_baseline_forecasts_are_named():
    story = scenario_story()
    for served in (story.tonight, story.assumed):
        served.method[0] = "baseline:seasonal_naive"
    story.assumed.quantiles[0] = story.tonight.quantiles[0]
    assert replace(story).notes()[0] == "1 series stay as they are, because a baseline forecasts them: A."


def test_series_that_somebody_else_would_forecast_are_named_with_the_reason():
    story = scenario_story()
    story.assumed.replace(
        np.array([[True], [False]]), story.tonight.quantiles, "baseline:seasonal_naive", "too far off"
    )
    assert replace(story).notes()[0] == "A would be forecast by the seasonal naive baseline: too far off."


def test_what_is_not_known_ahead_is_said():
    story = scenario_story()
    story.scenario.future[4] = np.nan
    assert "price is not known over the whole horizon in 1 series, and what is not known stays so." in story.notes()


@pytest.mark.parametrize(("value", "text"), [(4.06, "+4.06"), (-0.5, "-0.500"), (0.0, "0"), (1234.0, "+1,234")])
def test_a_difference_has_its_sign(value, text):
    assert signed(value) == text
