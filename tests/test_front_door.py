"""The front door as a whole: its names, its version, and how little it loads."""

import json
import pickle
import subprocess
import sys
import tomllib

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
