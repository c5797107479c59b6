"""What the backtests promised of the models that forecast, looked up in the verdicts of runs."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from lstm.contestants import CHALLENGER, is_baseline
from lstm.evaluation.monitoring.realised import ModelLabel, Realised
from lstm.references import Verdict

MOST_VERDICTS = 100

VerdictOf = Callable[[str], Verdict | None]


@dataclass(frozen=True)
class Promise:
    """The scores that a backtest found of a model. source: the run whose verdict says so."""

    mase: float
    coverage: float
    source: str


def promises_of(
    models: Sequence[ModelLabel], trained_by: Mapping[int, str], judged: Sequence[str], verdict_of: VerdictOf
) -> dict[ModelLabel, Promise]:
    """The promise of each model that has one: of the run that trained it, of a baseline in the newest run that has it.

    trained_by: run by version. judged: runs with a verdict, newest first. verdict_of: of a run.
    """
    baselines = {model.method for model in models if is_baseline(model.method)}
    newest = _newest(baselines, judged, verdict_of)
    promises = {model: newest[model.method] for model in models if model.method in newest}
    for model in models:
        run_id = trained_by.get(model.version) if model.version is not None else None
        promise = _promise(run_id, CHALLENGER, verdict_of) if run_id and model.method not in baselines else None
        if promise is not None:
            promises[model] = promise
    return promises


def _newest(baselines: set[str], judged: Sequence[str], verdict_of: VerdictOf) -> dict[str, Promise]:
    newest: dict[str, Promise] = {}
    for run_id in judged[:MOST_VERDICTS]:
        missing = baselines - set(newest)
        if not missing:
            break
        promises = {method: _promise(run_id, method, verdict_of) for method in missing}
        newest |= {method: promise for method, promise in promises.items() if promise is not None}
    return newest


def _promise(run_id: str, method: str, verdict_of: VerdictOf) -> Promise | None:
    verdict = verdict_of(run_id)
    scores = verdict.scores if verdict is not None else ()
    score = next((score for score in scores if score.method == method), None)
    return Promise(score.mase, score.coverage, run_id) if score is not None else None


def promised_of(rows: Realised, promises: Mapping[ModelLabel, Promise]) -> Promise | None:
    """The promise on some rows: the mean over their models by points; None where half of the points have none."""
    points = np.bincount(rows.model, minlength=len(rows.models))
    places = [place for place, model in enumerate(rows.models) if model in promises]
    weights, kept = points[places], [promises[rows.models[place]] for place in places]
    if not len(rows) or weights.sum() * 2 < len(rows):
        return None
    mase = float(np.average([promise.mase for promise in kept], weights=weights))
    coverage = float(np.average([promise.coverage for promise in kept], weights=weights))
    return Promise(mase, coverage, ", ".join(dict.fromkeys(promise.source for promise in kept)))
