"""What a run says of its forecasts, beside who made them."""

from dataclasses import replace

import numpy as np

from lstm.model.baselines.model import BaselineModel
from lstm.model.serving.forecast_rows import Served
from lstm.model.serving.serve import NO_LOGARITHM
from lstm.model.serving.serving_remarks import serving_remarks
from panels import make_panel
from trainings import made_of

NAIVE = BaselineModel("naive", 2, (0.1, 0.5, 0.9), None)
PANEL = make_panel({"a": [1.0, 2.0], "b": [1.0, 2.0]}, horizon=2, cutoff=1)


def test_a_night_without_anything_odd_has_no_remark():
    assert serving_remarks(PANEL, NAIVE, Served.by(np.ones((2, 2, 3, 1)), "champion", None, 1)) == ()


def test_a_series_that_gets_no_rows_is_not_spoken_of():
    """Law: what a remark says is about rows that are published."""
    served = Served.by(np.ones((2, 2, 3, 1)), "champion", None, 1)
    served.replace(np.array([[True], [True]]), served.quantiles, "baseline:seasonal_naive", NO_LOGARITHM)
    served.left_out[0] = True
    assert serving_remarks(PANEL, NAIVE, served) == (
        "The model forecasts logarithms and cannot read values at or below zero, so others forecast b",
    )


def test_a_category_that_the_model_was_not_trained_with_is_named_with_its_series():
    """Where the model serves it; a series that a baseline serves does not mind."""
    rng = np.random.default_rng(0)
    plain = make_panel({name: 50 + rng.normal(size=80) for name in "abc"}, horizon=2, cutoff=79)
    places = np.array([[0.0], [1.0], [0.0]], np.float32)
    trained = replace(plain, static=places, static_names=("region",), categories=(("north", "south"),))
    model = made_of(trained, training={"max_epochs": 1, "epoch_steps": 2})
    tonight = replace(trained, static=places, categories=(("east", "north"),))
    served = Served.by(np.ones((3, 2, 3, 1)), "champion", None, 1)
    served.replace(np.array([[True], [False], [False]]), served.quantiles, "baseline:seasonal_naive", "too short")
    assert serving_remarks(tonight, model, served) == (
        "The region 'east' of c is unknown to the model, as it was not trained with it",
    )
