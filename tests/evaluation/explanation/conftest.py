"""A panel with all kinds of inputs, and models of it."""

from dataclasses import replace

import numpy as np
import pytest

from lstm.config import Calendar, Model
from lstm.data.panel.calendar import with_calendar
from lstm.data.panel.panel import Panel
from lstm.model.forecaster.forecaster import Forecaster
from panels import make_panel
from trainings import made_of

STEPS, HORIZON = 140, 3


def rich_panel(positive: bool = True) -> Panel:
    """Two series with a week, a plan that is nearly the target, a promotion, wind up to now, a weekday, and gaps."""
    rng = np.random.default_rng(3)
    rows = STEPS + HORIZON
    plans = [20.0 + 5.0 * series + np.tile([4.0, 1, 2, 3, 6, 9, 0], 30)[:rows] + rng.normal(size=rows).cumsum() / 4
             for series in range(2)]  # fmt: skip
    promotion = (rng.random((2, rows)) < 0.15).astype(float)
    wind = rng.normal(size=(2, rows))
    histories = {}
    for name, plan, promoted, blown in zip("ab", plans, promotion, wind, strict=True):
        values = plan + 3.0 * promoted - np.concatenate([[0.0], blown[:-1]]) + rng.normal(0, 0.3, rows)
        histories[name] = (np.maximum(values, 1.0) if positive else values)[:STEPS]
    histories["a"][60:64] = np.nan
    future = np.column_stack([np.concatenate(plans), promotion.ravel()])
    panel = make_panel(histories, horizon=HORIZON, cutoff=STEPS, future=future, future_names=("plan", "promotion"))
    past = wind.copy()
    past[:, STEPS:] = np.nan
    blown = past.reshape(-1, 1).astype(np.float32)
    return with_calendar(replace(panel, past=blown, past_names=("wind",), calendar=Calendar(features=True)))


@pytest.fixture(scope="session")
def panel() -> Panel:
    """See `rich_panel`."""
    return rich_panel()


@pytest.fixture(scope="session")
def model(panel: Panel) -> Forecaster:
    """Two members that look back 14 and 28 steps, trained a little."""
    return made_of(panel, model=Model(members=2), training={"epoch_steps": 10, "max_epochs": 2, "batch_size": 32})
