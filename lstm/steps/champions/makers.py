"""Whoever made a published forecast, so that it can be asked again."""

from lstm.contestants import RIDGE, is_baseline
from lstm.data.panel.panel import Panel
from lstm.errors import ModelError
from lstm.evaluation.change.published import Maker
from lstm.model.baselines.model import Model
from lstm.model.forecaster.forecaster import Which
from lstm.references import VersionedModel
from lstm.steps.champions.usable import baseline_model
from lstm.steps.job import Job
from lstm.storage.runs.model_folder import read_model


def version_of(job: Job, maker: Maker, challenger: int | None) -> tuple[VersionedModel | None, Which]:
    """(the version that made a forecast, None for a baseline; its weights). challenger: of the run that published it.

    Raises ModelError where it is not known which version that was.
    """
    is_ridge = maker.method == RIDGE
    if is_baseline(maker.method) and not is_ridge:
        return None, "served"
    version = challenger if is_ridge else maker.version
    if version is None:
        raise ModelError("it is not known which model made the forecast before")
    return job.registry().model(job.pipeline.name, version), "ridge" if is_ridge else "served"


def maker_model(job: Job, panel: Panel, maker: Maker, challenger: int | None) -> tuple[Model, Which]:
    """(the model, its weights) of a maker. panel: any of the pipeline's. Raises ForecastError where it is gone."""
    version, which = version_of(job, maker, challenger)
    if version is None:
        return baseline_model(job, panel, maker.method), which
    return read_model(job.runs, version.uri, version.fingerprint), which
