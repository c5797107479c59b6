"""What evaluation makes of a champion that breaks in places, and of a deadline."""

import numpy as np

from lstm.steps.evaluate import as_it_would_be_served, deadline_cost
from trainings import QUICK, chaos, made_of


def test_windows_that_the_champion_cannot_forecast_are_scored_as_they_would_be_served():
    """By the seasonal naive; a champion that can forecast none is no contestant."""
    fallback = np.zeros((2, 1, 1, 1))
    forecasts = {"champion": np.array([1.0, np.nan]).reshape(2, 1, 1, 1), "baseline:seasonal_naive": fallback}
    assert as_it_would_be_served(forecasts, "champion")
    assert forecasts["champion"].ravel().tolist() == [1.0, 0.0]
    forecasts["champion"] = np.full((2, 1, 1, 1), np.inf)
    assert not as_it_would_be_served(forecasts, "champion")


def test_a_verdict_says_what_the_deadline_has_cost():
    """It leads the report, the outcome of the run and its alerts; a training that had the time is not spoken of."""
    now = [0.0]

    def on_epoch(phase, row):
        now[0] = 100.0 * (row.epoch == 2)

    training = QUICK.model_copy(update={"deadline": 50.0, "patience": 9})
    options = {"training": training, "seasons": (1,), "clock": lambda: now[0]}
    late = made_of(chaos(), on_epoch=on_epoch, **options)
    assert deadline_cost(late.card) == "Training stopped at its deadline: the best epoch until then, no refit"
    now[0] = 0.0
    assert deadline_cost(made_of(chaos(), **options).card) == ""
