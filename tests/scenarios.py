"""A scenario made by hand: two series and two targets, whose forecasts are known numbers."""

from dataclasses import replace
from typing import Any

import numpy as np

from lstm.config import Pipeline
from lstm.model.serving.forecast_rows import Served
from lstm.references import RunKey
from lstm.report.scenario.scenario_story import ScenarioStory
from panels import make_panel


def scenario_story(names: tuple[str, str] = ("A", "B"), **changes: Any) -> ScenarioStory:
    """Horizon 2, levels 0.1, 0.5, 0.9; tonight 10 and 20, a band of 1; assumed 12 and 20, 1 below and 3 above.

    The price of the first series is doubled from 4 to 8; it was 1 to 3 before.
    """
    future = np.array([1.0, 2.0, 3.0, 4.0, 4.0] * 2)[:, None]
    panel = make_panel({name: [9.0, 10.0, 11.0] for name in names}, horizon=2, cutoff=19_842, future=future,
                       future_names=("price",))  # fmt: skip
    assumed = panel.future.copy()
    assumed[3:5] = 8.0
    tonight = np.array([10.0, 20.0])[:, None, None, None] + np.array([-1.0, 0.0, 1.0])[:, None] * np.ones((2, 2, 1, 1))
    moved = tonight.copy()
    moved[0] += np.array([2.0, 2.0, 4.0])[:, None]
    pipeline = Pipeline.model_validate(
        {
            "name": "shop",
            "horizon": 2,
            "frequency": "D",
            "source": {
                "path": "x.csv",
                "series": ["id"],
                "time": "day",
                "targets": ["y"],
                "future_covariates": ["price"],
            },
        }
    )
    story = ScenarioStory(
        pipeline=pipeline,
        key=RunKey(pipeline="shop", kind="retrain", as_of="2024-04-30T00:00:00Z"),
        assumptions="price *= 2 where id = A",
        panel=panel,
        scenario=replace(panel, future=assumed),
        changed=np.array([True, False]),
        tonight=Served.by(tonight, "champion", None, 3),
        assumed=Served.by(moved, "champion", None, 3),
        plan_notes=(),
        folder="store/runs/x/whatif/y",
    )
    return replace(story, **changes)
