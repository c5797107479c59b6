"""neuralforecast's LSTM, fitted and asked; runs in the peers' environment."""

import logging
import time
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.peers.exchange import read_histories, write_forecasts

DEFAULT_SERIES = 32
QUIET = {
    "accelerator": "cpu",
    "devices": 1,
    "logger": False,
    "enable_progress_bar": False,
    "enable_checkpointing": False,
    "enable_model_summary": False,
}


def forecasting(
    folder: str, horizon: int, threads: int, steps: int, **shape: int
) -> Callable[[], Callable[[], dict[str, Any]]]:
    """Fits on all that lies before the first horizon that is asked for, forecasts, and leaves `forecasts.npy`.

    shape: see `_model`. No validation and no early stopping: it trains for all its steps.
    """
    histories, windows = read_histories(Path(folder))
    table = _table(histories)
    padded = min(map(len, histories)) < shape["look_back"] + 2 * horizon + windows - 1
    library = _library(threads)

    def work() -> Callable[[], dict[str, Any]]:
        model = _model(library, shape, horizon=horizon, padded=padded, steps=steps)
        forecaster = library.NeuralForecast(models=[model], freq=1)
        test = windows + horizon - 1
        found = forecaster.cross_validation(table, test_size=test, n_windows=None, step_size=1, val_size=0)

        def leave() -> dict[str, Any]:
            found.sort_values(["unique_id", "cutoff", "ds"], inplace=True)
            write_forecasts(Path(folder), found["LSTM"].to_numpy().reshape(len(histories), windows, horizon))
            return {}

        return leave

    return work


def training(folder: str, horizon: int, threads: int, steps: int, **shape: int) -> Callable[[], dict[str, Any]]:
    """Windows a second of training alone: the time of twice `steps` less that of `steps`, so that no set-up counts."""
    table = _table(read_histories(Path(folder))[0])
    library = _library(threads)

    def seconds(count: int) -> float:
        model = _model(library, shape, horizon=horizon, padded=False, steps=count)
        began = time.perf_counter()
        library.NeuralForecast(models=[model], freq=1).fit(table, val_size=0)
        return time.perf_counter() - began

    def work() -> dict[str, Any]:
        seconds(steps)  # the first steps of a process are slower
        return {"windows_per_second": steps * shape["batch"] / (seconds(2 * steps) - seconds(steps))}

    return work


def _library(threads: int) -> Any:
    import neuralforecast.models
    import torch

    torch.set_num_threads(threads)
    warnings.filterwarnings("ignore")
    logging.getLogger("lightning_fabric").setLevel(logging.ERROR)
    logging.getLogger("pytorch_lightning").setLevel(logging.ERROR)
    return neuralforecast


def _model(library: Any, shape: Mapping[str, int], *, horizon: int, padded: bool, steps: int) -> Any:
    """Its LSTM with this encoder, its own defaults for all else.

    shape: look_back, hidden, layers, and batch: windows in a step, drawn from the windows of so many `series`.
    padded: there are short series.
    """
    return library.models.LSTM(
        h=horizon,
        input_size=shape["look_back"],
        encoder_hidden_size=shape["hidden"],
        encoder_n_layers=shape["layers"],
        batch_size=shape.get("series", DEFAULT_SERIES),
        windows_batch_size=shape["batch"],
        max_steps=steps,
        start_padding_enabled=padded,
        **QUIET,
    )


def _table(histories: list[np.ndarray]) -> pd.DataFrame:
    """The long table that it reads, with whole numbers as ids and times; all series end at the same time."""
    lengths = [len(values) for values in histories]
    longest = max(lengths)
    return pd.DataFrame(
        {
            "unique_id": np.repeat(np.arange(len(histories)), lengths),
            "ds": np.concatenate([np.arange(longest - length, longest) for length in lengths]),
            "y": np.concatenate(histories),
        }
    )
