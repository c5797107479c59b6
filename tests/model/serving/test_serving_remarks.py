"""What a run says of its forecasts, beside who made them."""

import numpy as np

from lstm.model.serving.forecast_rows import Served
from lstm.model.serving.serve import NO_LOGARITHM
from lstm.model.serving.serving_remarks import serving_remarks
from panels import make_panel

PANEL = make_panel({"a": [1.0, 2.0], "b": [1.0, 2.0]}, horizon=2, cutoff=1)


def test_a_night_without_anything_odd_has_no_remark():
    assert serving_remarks(PANEL, Served.by(np.ones((2, 2, 3, 1)), "champion", None, 1)) == ()


def test_a_series_that_gets_no_rows_is_not_spoken_of():
    """Law: what a remark says is about rows that are published."""
    served = Served.by(np.ones((2, 2, 3, 1)), "champion", None, 1)
    served.replace(np.array([[True], [True]]), served.quantiles, "baseline:seasonal_naive", NO_LOGARITHM)
    served.left_out[0] = True
    assert serving_remarks(PANEL, served) == (
        "The model forecasts logarithms and cannot read values at or below zero, so others forecast b",
    )
