"""Arguments of `fit` as the settings that a pipeline file would hold."""

import numpy as np
import pandas as pd
import pytest

from lstm.config import load_pipeline
from lstm.errors import ConfigError
from lstm.frames.frame_settings import frame_pipeline

LEAST = {"time": "date", "target": "y", "horizon": 3}


def test_the_arguments_are_the_keys_of_a_pipeline_file(tmp_path):
    """Law: the same settings, whoever brings them; names in the plural may be one text."""
    file = tmp_path / "p.toml"
    file.write_text(
        'name = "frame"\nhorizon = 3\nminimum = 0.0\nquantile_levels = [0.25, 0.5, 0.75]\n'
        '[model]\nmembers = 1\n[source]\npath = "the frame"\nseries = ["shop"]\ntime = "date"\ntargets = ["y"]\n'
        'past_covariates = ["rain"]\nfuture_covariates = ["price"]\nstatic_covariates = ["region"]\ngaps = "zero"\n'
    )
    arguments = {
        **LEAST,
        "series": "shop",
        "past": ["rain"],
        "future": "price",
        "static": ("region",),
        "gaps": "zero",
        "minimum": 0.0,
        "quantile_levels": [0.25, 0.5, 0.75],
        "model": {"members": 1},
    }
    assert frame_pipeline(arguments) == load_pipeline(file)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"horizon": 0}, "horizon: Input should be greater than or equal to 1, not 0"),
        ({"gaps": "none"}, "source.gaps: .*'missing', 'zero' or 'error', not 'none'"),
        ({"model": {"hiden": 3}}, "model.hiden: Extra inputs are not permitted"),
        ({"training": {"max_epochs": True}}, "training.max_epochs: .*not True"),
        ({"past": ["y"]}, "column 'y' is named twice: in targets and in past_covariates"),
        ({"target": []}, "source.targets: "),
        ({"time_zone": "Mars"}, "time_zone: a time zone is a name of the IANA database"),
        ({"gap": "zero"}, r"fit has no argument 'gap'; did you mean gaps"),
        ({"sinks": []}, "fit has no argument 'sinks': it belongs to a pipeline file"),
        ({"path": "a.csv"}, "fit has no argument 'path': it belongs to a pipeline file"),
        ({"freq": "D"}, r"no argument 'freq'; did you mean frequency, future\?"),
        ({"look_back": 3}, r"no argument 'look_back'; did you mean model=\{\"look_back\": …\}\?"),
        ({"epochs": 3}, r"did you mean training=\{\"max_epochs\": …\}"),
        ({"targets": "y"}, "no argument 'targets'; it is called 'target' here"),
        ({"target": 0}, "source.targets.0: Input should be a valid string, not 0"),
        ({"target": None}, "source.targets: Field required"),
        ({"horizon": None}, "horizon: Input should be a valid integer, not None"),
        ({"zzz": 1}, "fit has no argument 'zzz'; it takes the keys of a pipeline file"),
    ],
)
def test_a_mistake_is_told_by_its_key(change, message):
    """Law: the key, what was expected, and the value."""
    with pytest.raises(ConfigError, match=message):
        frame_pipeline(LEAST | change)


def test_numbers_and_arrays_of_numpy_and_pandas_are_pythons():
    """Law: what a notebook computes may be given as it is, in a table of settings too; None names no column."""
    computed = {
        "horizon": np.int64(3),
        "series": pd.Index(["shop"]),
        "quantile_levels": np.array([0.1, 0.5, 0.9]),
        "model": {"members": np.int32(1)},
        "future": None,
    }
    plain = {"horizon": 3, "series": "shop", "quantile_levels": [0.1, 0.5, 0.9], "model": {"members": 1}}
    assert frame_pipeline(LEAST | computed) == frame_pipeline(LEAST | plain)
