"""The front door as a whole: its names, its version, and how little it loads."""

import json
import pickle
import subprocess
import sys
import tomllib
from typing import Any

import numpy as np
import pandas as pd
import pytest

import lstm
from lstm.frames.frame_forecaster import Forecaster
from pages import ROOT

HEAVY = {"alembic", "matplotlib", "numpy", "pandas", "polars", "prefect", "pyarrow", "pydantic", "sqlalchemy", "torch"}
SHOW = "import json, sys, lstm; lstm.ForecastError; print(json.dumps(sorted({n.split('.')[0] for n in sys.modules})))"


def test_the_names_are_sorted_and_there() -> None:
    """Law: `__all__` is what there is; each name can be had, and is the class or function of that name."""
    assert lstm.__all__ == sorted(lstm.__all__)
    assert set(lstm.__all__) <= set(dir(lstm))
    for name in set(lstm.__all__) - {"__version__"}:
        assert getattr(lstm, name).__name__ == name
    assert lstm.Forecaster is Forecaster


def test_every_error_stands_at_the_door() -> None:
    """Law: whoever catches one needs no module below."""
    from lstm import errors

    classes = {name for name, value in vars(errors).items() if isinstance(value, type) and issubclass(value, Exception)}
    assert classes <= set(lstm.__all__)


def test_an_error_crosses_to_another_process_whole() -> None:
    """Law: pickled, as Prefect and pools of processes do, it keeps its message and what it speaks of."""
    error = lstm.DataError("series 'a' is odd", series="a", column="y", line=3, value=1.5)
    again = pickle.loads(pickle.dumps(error))
    assert (str(again), vars(again)) == (str(error), vars(error))
    assert vars(lstm.DataError("odd")) == {"series": None, "column": None, "line": None, "value": None}


def test_the_version_is_that_of_the_project() -> None:
    """By the metadata of what is installed."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert lstm.__version__ == project["version"]


def test_a_name_that_is_not_there_is_refused_as_everywhere() -> None:
    """Python's own way."""
    assert not hasattr(lstm, "forecast")


def test_import_loads_nothing_that_works() -> None:
    """Law: no torch, no pandas, no pyarrow and no sqlalchemy before something is fitted or loaded."""
    ended = subprocess.run([sys.executable, "-c", SHOW], capture_output=True, text=True, check=True, timeout=120)
    assert set(json.loads(ended.stdout)) & HEAVY == set()


@pytest.mark.slow
@pytest.mark.parametrize("covariate", ["price", "promotion"])
def test_what_is_known_beside_sales_only_does_not_make_chance_look_foreseeable(covariate: str) -> None:
    """Law: sales by the throw of a die cannot be forecast better with a covariate that has nothing to do with them.

    Rows are there on days with a sale, and ahead on all days, where the price (it changes every sixty days or so) and
    the promotion (of ten days) are planned. A price of 0 on the other days would halve the error.
    """
    draw = np.random.default_rng(0)
    frames = []
    for item in range(8):
        days = pd.date_range("2024-01-01", periods=514)
        turns = np.cumsum(draw.random(514) < 1 / 60)
        covariates = {"price": draw.uniform(1, 5, 514)[turns], "promotion": np.arange(514) // 10 % 6 == item % 6}
        sold = np.where(draw.random(514) < 0.3, 1.0 + draw.poisson(0.5, 514), 0.0)
        sold[500:] = np.nan
        frame = pd.DataFrame({"item": f"i{item}", "day": days, "sold": sold, **covariates})
        frames.append(frame[(frame.sold > 0) | (frame.index >= 500)])
    arguments: dict[str, Any] = {
        "series": "item", "time": "day", "target": "sold", "horizon": 14, "frequency": "D", "gaps": "zero",
        "model": {"members": 1}, "training": {"max_epochs": 4, "epoch_steps": 40, "refit": False},
    }  # fmt: skip
    frame = pd.concat(frames)
    error = {}
    for name, future in (("without", ()), ("with", (covariate,))):
        model = lstm.fit(frame, **arguments, future=future)
        scores = lstm.backtest(frame, model).set_index("method").mase
        error[name] = scores["challenger"]
    assert error["with"] > 0.95 * error["without"]
