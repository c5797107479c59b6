"""The champion of a pipeline: whether it can be compared with, serve, or be begun from, and why not."""

from dataclasses import dataclass

from lstm.contestants import is_baseline
from lstm.data.panel.calendar import with_calendar
from lstm.data.panel.panel import Panel
from lstm.data.panel.selection import consecutive_series
from lstm.errors import ModelError
from lstm.model.baselines.model import BaselineModel, Model
from lstm.references import Champion, Contract, GateOutcome, VersionedModel
from lstm.steps.job import Job
from lstm.steps.window import seasons
from lstm.storage.runs.model_folder import read_model


def contract_of(job: Job, frequency: str) -> Contract:
    """What a model of this pipeline promises. frequency: alias of the panel's grid, which may have been found."""
    return Contract(
        targets=job.pipeline.source.targets,
        series=job.pipeline.source.series,
        horizon=job.pipeline.horizon,
        frequency=frequency,
        quantile_levels=job.pipeline.quantile_levels,
    )


def champion_seen(job: Job) -> int | None:
    """Version of the pipeline's champion right now."""
    champion = job.registry().champion(job.pipeline.name)
    return champion.version if champion is not None else None


@dataclass(frozen=True)
class UsableChampion:
    """A champion of the same contract whose folder can be read, or a baseline that was made champion."""

    champion: Champion
    forecaster: Model


def read_version(job: Job, panel: Panel, version: VersionedModel) -> Model:
    """The model of a version, which a baseline is too. Raises ModelError when it cannot be read, or not this panel.

    panel: without the calendar's covariates.
    """
    if is_baseline(version.uri):
        model: Model = baseline_model(job, panel, version.uri)
    else:
        model = read_model(job.runs, version.uri, version.fingerprint)
    model.readable(with_calendar(consecutive_series(panel, 0, 1)))
    return model


def baseline_model(job: Job, panel: Panel, method: str) -> BaselineModel:
    """`baseline:NAME` as a model, by the pipeline's season, levels and minimum."""
    levels, minimum = job.pipeline.quantile_levels, job.pipeline.minimum
    return BaselineModel.of_uri(method, season=seasons(job, panel)[0], levels=levels, minimum=minimum)


def usable_champion(job: Job, panel: Panel) -> tuple[UsableChampion | None, str]:
    """(the champion, "") or (None, why there is none to compare with or to serve)."""
    champion = job.registry().champion(job.pipeline.name)
    if champion is None:
        return None, "there is no champion yet"
    return usable(job, panel, champion, f"the champion {champion.label}")


def usable(job: Job, panel: Panel, champion: Champion, named: str) -> tuple[UsableChampion | None, str]:
    """(a champion, of today or of a past day, with its model, "") or (None, why it cannot serve the panel).

    named: how the reason calls it.
    """
    differences = contract_of(job, panel.frequency.alias).differences(champion.contract)
    if differences:
        return None, f"{named} has another contract: {'; '.join(differences)}"
    try:
        forecaster = read_version(job, panel, champion)
    except ModelError as error:
        return None, f"{named} cannot be used: {error}"
    later = trained_later(forecaster.served_through, panel)
    if later:
        return None, f"{named} cannot be used: {later}"
    return UsableChampion(champion, forecaster), ""


def trained_later(served_through: str, panel: Panel) -> str:
    """Why a model may not forecast a panel whose future it has read; empty when it has not, as what was not trained."""
    if not served_through or panel.frequency.ordinal_of_text(served_through) <= panel.cutoff:
        return ""
    return f"it was trained through {served_through}, later than this run's cutoff"


def newer_champion(job: Job, panel: Panel) -> tuple[GateOutcome, ...]:
    """A failed gate where the champion has read more than this run may: an older night never replaces a newer model."""
    champion = job.registry().champion(job.pipeline.name)
    if champion is None or is_baseline(champion.uri) or champion.contract.frequency != panel.frequency.alias:
        return ()
    later = trained_later(job.registry().model(job.pipeline.name, champion.version).served_through, panel)
    reason = f"the champion {champion.label} stays: {later}"
    return (GateOutcome(name="no newer champion", passed=False, reason=reason),) if later else ()
