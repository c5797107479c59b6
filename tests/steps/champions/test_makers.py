"""Whoever made a forecast is found again, and else it is said why not."""

from pathlib import Path

import pytest
from nights import CONTRACT, NOW, model_ref

from lstm.config.loading import load_pipeline
from lstm.errors import ModelError
from lstm.evaluation.change.published import Maker
from lstm.model.baselines.model import BaselineModel
from lstm.references import RunKey
from lstm.steps.champions.makers import maker_model, version_of
from lstm.steps.job import Job
from panels import make_panel


@pytest.fixture
def job(tmp_path: Path) -> Job:
    """A run of a pipeline whose store knows one version, of a folder that is gone."""
    text = 'name = "small"\nhorizon = 2\nfrequency = "D"\n[source]\npath = "t.csv"\nseries = ["id"]\ntime = "day"\n'
    (tmp_path / "p.toml").write_text(text + 'targets = ["y"]\n', encoding="utf-8")
    (tmp_path / "store").mkdir()
    key = RunKey(pipeline="small", kind="forecast", as_of="2024-05-01T00:00:00Z")
    job = Job(pipeline=load_pipeline(tmp_path / "p.toml"), home=str(tmp_path), key=key)
    job.registry().register_model("small", "night", model_ref("gone"), CONTRACT, {}, NOW)
    return job


def test_a_champion_is_its_version_and_ridge_the_challengers(job: Job) -> None:
    """Ridge regression has no version of its own: it belongs to the challenger that began from it."""
    version, which = version_of(job, Maker("champion", 1), None)
    assert version is not None
    assert (version.version, which) == (1, "served")
    version, which = version_of(job, Maker("baseline:ridge", None), 1)
    assert version is not None
    assert (version.version, which) == (1, "ridge")


def test_a_baseline_is_made_anew(job: Job) -> None:
    """Also one that was made champion, and so has a version."""
    panel = make_panel({"a": [1.0, 2, 3]}, horizon=2, cutoff=3)
    for version in (None, 7):
        model, which = maker_model(job, panel, Maker("baseline:seasonal_naive", version), None)
        assert isinstance(model, BaselineModel)
        assert (model.name, model.season, which) == ("seasonal_naive", 7, "served")


def test_who_cannot_be_found_is_an_error_that_says_why(job: Job) -> None:
    """No version in the row, no challenger in the verdict, no folder."""
    panel = make_panel({"a": [1.0, 2, 3]}, horizon=2, cutoff=3)
    for maker in (Maker("champion", None), Maker("baseline:ridge", None)):
        with pytest.raises(ModelError, match="it is not known which model made the forecast"):
            maker_model(job, panel, maker, None)
    with pytest.raises(ModelError, match="is missing or incomplete"):
        maker_model(job, panel, Maker("champion", 1), None)
