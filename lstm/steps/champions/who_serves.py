"""Who serves a run: the model or the baseline of its verdict, read from where it is, and the rules that hold for it."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lstm.contestants import CHALLENGER, CHAMPION, RIDGE, SEASONAL_NAIVE
from lstm.data.frequency.as_of import not_later
from lstm.data.panel.panel import Panel
from lstm.errors import ModelError, StoreError
from lstm.evaluation.gates.fallback import worse_than_fallback
from lstm.model.baselines.model import BaselineModel, Model
from lstm.model.forecaster.choices import default_device
from lstm.model.serving.serve import Rules, Server
from lstm.references import Verdict
from lstm.steps.champions.usable import baseline_model, read_version, usable_champion
from lstm.steps.job import Job
from lstm.storage.runs.run_folder import RunStore

NOT_PASSED = "no model has passed its gates"
Judged = tuple[RunStore, str]  # the run whose scores judged who serves, and its name among them


def server_of(job: Job, panel: Panel, verdict: Verdict) -> Server:
    """Who serves by the verdict; the seasonal naive where that one cannot, with the reason."""
    if verdict.serve in (CHALLENGER, RIDGE) and verdict.challenger_version is not None:
        version = job.registry().model(job.pipeline.name, verdict.challenger_version)
        model = read_version(job, panel, version)
        if verdict.serve == RIDGE:
            return Server(model, RIDGE, reason=_why_a_baseline(verdict), which="ridge")
        return _champion(model, version.version)
    if verdict.serve == CHAMPION:
        usable, absent = usable_champion(job, panel)
        if usable is not None:
            return _champion(usable.forecaster, usable.champion.version)
        return Server(baseline_model(job, panel, SEASONAL_NAIVE), SEASONAL_NAIVE, reason=absent)
    return _baseline(job, panel, verdict)


def _champion(model: Model, version: int) -> Server:
    return Server(model, model.method if isinstance(model, BaselineModel) else CHAMPION, version)


def _baseline(job: Job, panel: Panel, verdict: Verdict) -> Server:
    """The verdict's baseline, which it may make champion; the seasonal naive where it cannot be had here."""
    promoted = verdict.promoted_version if verdict.promote else None
    try:
        model = baseline_model(job, panel, verdict.serve)
        model.readable(panel)
    except ModelError as error:
        return Server(baseline_model(job, panel, SEASONAL_NAIVE), SEASONAL_NAIVE, reason=str(error))
    return Server(model, model.method, promoted, None if promoted is not None else _why_a_baseline(verdict))


def _why_a_baseline(verdict: Verdict) -> str:
    """Why the champion does not serve, where there is one."""
    seen = verdict.champion_seen
    return NOT_PASSED if seen is None else f"the champion v{seen} cannot serve; the report says why"


def rules_of(job: Job, panel: Panel, server: Server, judged: Judged | None) -> Rules:
    """The pipeline file's rules for a night that `server` serves. judged: see `judged_by`."""
    return Rules(
        quality=job.pipeline.quality,
        serving=job.pipeline.serving,
        fallback=baseline_model(job, panel, SEASONAL_NAIVE),
        device=default_device(),
        steps_needed=server.model.steps_needed or _steps_needed(job),
        worse=_worse(job, panel, judged),
        found_minimum=job.pipeline.minimum is None,
    )


def _steps_needed(job: Job) -> int:
    """Below which a series is too short for the models of this pipeline, though none serves; 0 when nobody knows."""
    if job.pipeline.quality.short_series == "baseline":
        return 0  # a baseline serves it in any case
    look_back = job.pipeline.model.look_back
    if look_back is not None:
        return max(look_back // 2, 1)
    registry, name = job.registry(), job.pipeline.name
    cards = (registry.card(name, model.version) for model in registry.models(name))
    return next((int(card["steps_needed"]) for card in cards if "steps_needed" in card), 0)


def judged_by(job: Job, verdict: Verdict) -> Judged | None:
    """The backtest that judged who serves: this run's, else the newest that judged the same version; None without one.

    A run of a later `as_of` says nothing: it has seen what comes after this run's cutoff.
    """
    if verdict.scores:
        return job.run_store(), verdict.serve
    version = verdict.version_of(verdict.serve)
    if version is None:
        return None
    registry = job.registry()
    for run in registry.runs(job.pipeline.name):
        earlier = registry.verdict(run.run_id) if not_later(run.as_of, job.key.as_of) else None
        role = _role(earlier, version) if earlier is not None and earlier.scores else None
        if role is not None:
            return RunStore(job.runs, run.run_id), role
    return None


def _role(verdict: Verdict, version: int) -> str | None:
    if verdict.challenger_version == version:
        return CHALLENGER
    return CHAMPION if verdict.champion_version == version else None


def scores_mark(judged: Judged | None) -> list[str]:
    """What names the content of the scores, for the memory of what is done; empty without any."""
    manifest = judged[0].manifest("evaluate") if judged is not None else None
    if judged is None or manifest is None:
        return []
    return [judged[0].run_id, judged[1], manifest.files.get("scores.parquet", "")]


def _worse(job: Job, panel: Panel, judged: Judged | None) -> np.ndarray | None:
    if judged is None or not job.pipeline.serving.per_series_fallback:
        return None
    store, name = judged
    try:
        methods = pa.array([name, SEASONAL_NAIVE])
        groups = store.read_tables("scores.parquet")
        scores = pa.concat_tables(rows.filter(pc.is_in(rows["method"], value_set=methods)) for rows in groups)
    except StoreError:
        return None  # pruned: then nobody falls back
    return worse_than_fallback(panel, scores, name, job.pipeline.serving)
