"""Who would serve in the challenger's place, and how sane that is."""

from datetime import date

import numpy as np
from nights import run_key

from contestants import contestant
from lstm.config import Pipeline
from lstm.steps.champions.tonights_measures import stand_in, tonight
from lstm.steps.champions.usable import baseline_model
from lstm.steps.job import Job
from panels import make_panel
from trainings import made_of

SETTINGS = {
    "name": "small",
    "horizon": 2,
    "seasons": [7],
    "source": {"path": "x.csv", "series": ["id"], "time": "ds", "targets": ["y"]},
}


def test_the_best_baseline_that_jumps_tonight_gives_way_to_the_next(tmp_path):
    """Naive repeats last night's 500 of a series between 8 and 12; the seasonal naive says what a week ago was."""
    job = Job(pipeline=Pipeline.model_validate(SETTINGS), home=str(tmp_path), key=run_key(date(2024, 4, 30)))
    rng = np.random.default_rng(0)
    values = 10 + rng.uniform(-2, 2, 80)
    values[-1] = 500.0
    panel = make_panel({"a": values}, horizon=2, cutoff=79)
    challenger = made_of(panel, training={"max_epochs": 1, "epoch_steps": 2})
    contestants = {"baseline:naive": contestant(0.5), "baseline:seasonal_naive": contestant(0.9)}
    name, measures = stand_in(job, panel, contestants, challenger, None, "")
    assert name == "baseline:seasonal_naive"
    assert measures["not_finite"].tolist() == [[0.0]]
    assert tonight(job, panel, baseline_model(job, panel, "baseline:naive"))["beyond_range"][0, 0] > 1.0
