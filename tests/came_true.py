"""Forecasts that came true, made by hand."""

import numpy as np

from lstm.evaluation.monitoring.realised import ModelLabel, Realised

V1, V2 = ModelLabel("champion", 1), ModelLabel("champion", 2)
REPLAY = ModelLabel("champion", 1, backfill=True)


def rows_of(
    *rows: tuple[float, ...], models: tuple[ModelLabel, ...] = (V1,), names: tuple[str, ...] = ("A", "B")
) -> Realised:
    """Rows of (model, series, step, cutoff, rank, actual, forecast, naive, scale); the band is one to each side."""
    model, series, step, cutoff, rank, actual, forecast, naive, scale = np.array(rows, float).reshape(-1, 9).T
    whole = [column.astype(np.int64) for column in (model, series, step, cutoff, rank)]
    return Realised(
        model=whole[0], series=whole[1], target=np.zeros(len(actual), np.int64), step=whole[2], cutoff=whole[3],
        time=whole[3] + whole[2], rank=whole[4], complete=np.ones(len(actual), bool), actual=actual,
        forecast=forecast, naive=naive, scale=scale,
        quantiles=np.stack([forecast - 1.0, forecast, forecast + 1.0], axis=1), models=models,
        series_names=names, target_names=("y",), levels=(0.1, 0.5, 0.9),
    )  # fmt: skip
