"""Forecasts of many time series by an LSTM that must pass its gates: the front door, from a frame to a frame.

`fit` a frame, `predict`, `backtest`, `save` and `load`; a night does the same from a pipeline file. Knows no Prefect.
Nothing heavy is loaded before it is called.
"""

from typing import TYPE_CHECKING, Any

from lstm.errors import (
    ChampionChangedError,
    ConfigError,
    DataError,
    DeadlineError,
    DeploymentError,
    DivergedError,
    EncodingError,
    EvaluationError,
    ForecastError,
    ModelError,
    RunBusyError,
    SinkError,
    SinkUnavailableError,
    SourceError,
    SourceUnavailableError,
    StoreError,
    StoreUnavailableError,
    TakenOverError,
    TooManyFailedError,
    TrainingError,
    WorkerLostError,
)

if TYPE_CHECKING:
    from lstm.data.panel.panel import Panel
    from lstm.frames.frame_forecaster import Forecaster, backtest, fit, load

    __version__: str

__all__ = [
    "ChampionChangedError",
    "ConfigError",
    "DataError",
    "DeadlineError",
    "DeploymentError",
    "DivergedError",
    "EncodingError",
    "EvaluationError",
    "ForecastError",
    "Forecaster",
    "ModelError",
    "Panel",
    "RunBusyError",
    "SinkError",
    "SinkUnavailableError",
    "SourceError",
    "SourceUnavailableError",
    "StoreError",
    "StoreUnavailableError",
    "TakenOverError",
    "TooManyFailedError",
    "TrainingError",
    "WorkerLostError",
    "__version__",
    "backtest",
    "fit",
    "load",
]

_LATER = {
    "Forecaster": "lstm.frames.frame_forecaster",
    "Panel": "lstm.data.panel.panel",
    "backtest": "lstm.frames.frame_forecaster",
    "fit": "lstm.frames.frame_forecaster",
    "load": "lstm.frames.frame_forecaster",
}


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        return version("nightcast")
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_LATER[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
