"""What the backtests promised of the models that forecast, looked up in the verdicts of runs."""

from collections.abc import Callable, Mapping, Sequence

from lstm.evaluation.monitoring.promise import Promise
from lstm.evaluation.monitoring.realised import ModelLabel
from lstm.model.baselines.model import is_baseline
from lstm.references import Verdict

MOST_VERDICTS = 100

VerdictOf = Callable[[str], Verdict | None]


def promises_of(
    models: Sequence[ModelLabel], trained_by: Mapping[int, str], judged: Sequence[str], verdict: VerdictOf
) -> dict[ModelLabel, Promise]:
    """The promise of each model that has one: of the run that trained it, of a baseline in the newest run that has it.

    trained_by: run by version. judged: runs with a verdict, newest first. verdict: of a run.
    """
    wanted = {model.method for model in models if is_baseline(model.method)}
    newest = _newest(wanted, judged, verdict)
    found = {model: newest[model.method] for model in models if model.method in newest}
    for model in models:
        run_id = trained_by.get(model.version) if model.version is not None else None
        promise = _promise(run_id, "challenger", verdict) if run_id and model.method not in wanted else None
        if promise is not None:
            found[model] = promise
    return found


def _newest(wanted: set[str], judged: Sequence[str], verdict: VerdictOf) -> dict[str, Promise]:
    found: dict[str, Promise] = {}
    for run_id in judged[:MOST_VERDICTS]:
        missing = wanted - set(found)
        if not missing:
            break
        promises = {method: _promise(run_id, method, verdict) for method in missing}
        found |= {method: promise for method, promise in promises.items() if promise is not None}
    return found


def _promise(run_id: str, method: str, verdict: VerdictOf) -> Promise | None:
    told = verdict(run_id)
    score = next((score for score in told.scores if score.method == method), None) if told is not None else None
    return Promise(score.mase, score.coverage, run_id) if score is not None else None
