"""For who has a panel and windows of their own, as the benchmarks do: a fit in memory by the settings of `lstm.fit`."""

import time
from typing import Any

import torch

from lstm.data.panel.panel import Panel
from lstm.data.panel.windows import Windows
from lstm.frames.frame_settings import frame_pipeline
from lstm.model.fitting.fit import Fitted, Origin, fit
from lstm.model.fitting.fit_job import FitSettings
from lstm.model.forecaster.forecaster import Forecaster as Networks
from lstm.model.training.runtime import Runtime
from lstm.references import Contract


def fit_panel(
    panel: Panel,
    windows: Windows,
    *,
    threads: int = 1,
    runtime: Runtime | None = None,
    champion: Networks | None = None,
    **settings: Any,
) -> Fitted:
    """The model that the library makes of a panel; without checkpoints and on the CPU unless `runtime` says otherwise.

    champion: whose weights a warm start begins from. settings: model, training, quantile_levels, seasons and minimum,
    as `lstm.fit` takes them.
    """
    columns = {"series": panel.keys.column_names, "time": "time", "target": panel.target_names}
    pipeline = frame_pipeline({"horizon": panel.horizon, **columns, **settings})
    contract = Contract(
        targets=pipeline.source.targets,
        series=pipeline.source.series,
        horizon=pipeline.horizon,
        frequency=panel.frequency.alias,
        quantile_levels=pipeline.quantile_levels,
    )
    seasons = pipeline.seasons or panel.frequency.default_seasons()
    return fit(
        panel,
        windows,
        FitSettings(pipeline.model, pipeline.training, seasons, contract, pipeline.minimum),
        origin=Origin("panel", "windows", threads, {}),
        runtime=runtime or Runtime(torch.device("cpu"), time.monotonic),
        champion=champion,
    )
