"""Judge: the best setting and the file's own are trained on the same data, and compared on origins that are later.

What the search read ends with the training part; the origins of the backtest lie after validation. So neither early
stopping nor calibration nor backtest of the two reads anything that the setting was chosen by.
"""

import logging
from collections.abc import Mapping, Sequence
from typing import Any

from lstm.config import Gate, Pipeline
from lstm.config.tuning import table_of
from lstm.contestants import CHALLENGER, CHAMPION
from lstm.data.panel.panel import Panel
from lstm.evaluation.backtest.score import overall
from lstm.evaluation.backtest.scored import Scored
from lstm.evaluation.backtest.segments import segments
from lstm.evaluation.gates.judge import Evidence, judge_gates
from lstm.evaluation.gates.verdict import promotes
from lstm.evaluation.tuning.space import Values, present, with_values
from lstm.evaluation.wording import clause, percent
from lstm.gate_metrics import METRICS
from lstm.model.baselines.model import Model
from lstm.references import GateOutcome, ModelRef, PanelRef, Search, TriedSetting, TuningVerdict, WindowsRef
from lstm.steps.evaluate import held_contest
from lstm.steps.ingest import load_panel
from lstm.steps.job import Job
from lstm.steps.train import EpochListener, train
from lstm.steps.window import load_windows
from lstm.storage.runs.model_folder import read_model
from lstm.storage.runs.run_folder import RunStore, StoredCheckpoints, fingerprint

VERSION = 1
BETTER = "better than the file's setting"
BANDS = "quantiles not worse than the file's setting"
REASONS_TOLD = 2
log = logging.getLogger(__name__)


def judge_tuned(
    job: Job, panel_ref: PanelRef, windows_ref: WindowsRef, search: Search, on_epoch: EpochListener | None = None
) -> TuningVerdict:
    """Whether the best setting is proposed: better than the file's own beyond chance, and through the gates.

    Trains both, as the file has a model trained but for the refit, in `tuned/` and `present/` of the run's folder.
    """
    best, current = search.scored[0], search.current
    called = _called(job.pipeline, list(current.values))
    changes = changed(job.pipeline, best, search.through)
    if best.number == current.number:
        return TuningVerdict(
            proposed=False,
            called=called,
            sentence=f"Nothing is proposed: of {len(search.scored)} settings that were tried none did better than "
            f"{called} on the {search.windows:,} windows of the search.",
        )
    models = {
        CHALLENGER: _trained(job, panel_ref, windows_ref, (best.values, search.through), "tuned", on_epoch),
        CHAMPION: _trained(job, panel_ref, windows_ref, None, "present", on_epoch),
    }
    inputs = {
        "models": [model.fingerprint for model in models.values()],
        "gates": [gate.model_dump() for gate in _gates(job.pipeline)],
        "settings": job.pipeline.model_dump(
            mode="json", include={"minimum", "seasons", "quantile_levels", "evaluation", "quality"}
        ),
        "changes": changes,
    }
    store = job.run_store()
    verdict = store.once(
        "judge-tuned", VERSION, inputs, TuningVerdict, lambda: (_judged(job, store, models, changes, called), {})
    )
    store.remove("parts/tuned")
    return verdict


def with_setting(pipeline: Pipeline, values: Values, through: str | None) -> Pipeline:
    """The pipeline with a setting that was tuned through a time."""
    model, training = with_values(pipeline.model, pipeline.training, values)
    tuning = pipeline.tuning.model_copy(update={"through": through})
    return pipeline.model_copy(update={"model": model, "training": training, "tuning": tuning})


def changed(pipeline: Pipeline, best: TriedSetting, through: str) -> dict[str, dict[str, Any]]:
    """What the file would have to say for a setting: value by key, by table; None where a key is to go."""
    said, changes = present(pipeline.model, pipeline.training, list(best.values)), dict[str, dict[str, Any]]()
    for name, value in best.values.items():
        if value != said[name]:
            changes.setdefault(table_of(name), {})[name] = value
    return changes | {"tuning": {"through": through}}


def _called(pipeline: Pipeline, names: list[str]) -> str:
    """How sentences call the setting of the file: automatic where it says nothing of what was tuned."""
    said = pipeline.model.model_fields_set | pipeline.training.model_fields_set
    return "the file's setting" if said & set(names) else "the automatic setting"


def _trained(
    job: Job,
    panel_ref: PanelRef,
    windows_ref: WindowsRef,
    tuned: tuple[Values, str] | None,
    folder: str,
    on_epoch: EpochListener | None,
) -> ModelRef:
    """A model of a setting and the time that it was tuned through, or of the file's own where there is none."""
    pipeline = with_setting(job.pipeline, *tuned) if tuned is not None else job.pipeline
    training = pipeline.training.model_copy(update={"refit": False, "warm_start": False})
    of_setting = job.model_copy(update={"pipeline": pipeline.model_copy(update={"training": training})})
    log.info("training with %s setting", "the tuned" if tuned is not None else "the present")
    return train(of_setting, panel_ref, windows_ref, on_epoch, folder=folder)


def _gates(pipeline: Pipeline) -> list[Gate]:
    """What the backtest can tell of the active gates, and always whether the setting is better beyond chance.

    And not at the cost of its bands: trials are compared by WQL, too.
    """
    gates = [gate for gate in pipeline.active_gates() if METRICS[gate.metric].source == "points"]
    named = [gate for gate in gates if gate.against == CHAMPION and gate.better_by is not None and gate.confidence]
    better = Gate(name=BETTER, metric="mase", against=CHAMPION, better_by=0.0, confidence=0.95)
    bands = Gate(name=BANDS, metric="wql", against=CHAMPION, not_worse_by=0.0)
    return [*([] if named else [better]), bands, *gates]


def _judged(
    job: Job, store: RunStore, models: dict[str, ModelRef], changes: dict[str, dict[str, Any]], called: str
) -> TuningVerdict:
    panel = load_panel(store, versions=True)
    forecasters: dict[str, Model] = {
        name: read_model(job.runs, model.uri, model.fingerprint) for name, model in models.items()
    }
    windows = load_windows(store, split="test")
    mark = fingerprint([VERSION, [model.fingerprint for model in models.values()]])
    keeper = StoredCheckpoints(store, f"parts/tuned/{mark[:16]}", ".npz")
    contestants, origins = held_contest(job, panel, windows, forecasters, keeper)
    outcomes = judge_gates(_gates(job.pipeline), _evidence(job, panel, contestants, windows.splits.stride))
    outcomes = tuple(_renamed(outcome, called) for outcome in outcomes)
    better = better_beyond_chance(outcomes) if promotes(outcomes) else None
    return TuningVerdict(
        proposed=better is not None,
        sentence=_sentence(outcomes, called, better) + _bands(contestants, called),
        called=called,
        changes=changes if better is not None else {},
        gates=outcomes,
        scores=overall(contestants),
        origins=origins,
    )


def _evidence(job: Job, panel: Panel, contestants: dict[str, Scored], stride: int) -> Evidence:
    return Evidence(
        contestants,
        segments={gate.scope: segments(panel, gate.scope) for gate in _gates(job.pipeline)},
        overlap=-(-panel.horizon // stride),
        absent="the file's setting has no forecast that is finite",
        stand_in=CHAMPION if CHAMPION in contestants else "",
    )


def _renamed(outcome: GateOutcome, called: str) -> GateOutcome:
    """Gates speak of challenger and champion; here these are two settings."""

    def named(text: str) -> str:
        text = text.replace("the challenger", "the tuned setting").replace("the champion", called)
        return text.replace(CHAMPION, called)

    return outcome.model_copy(
        update={"name": named(outcome.name), "reason": named(outcome.reason), "threshold": named(outcome.threshold)}
    )


def better_beyond_chance(outcomes: Sequence[GateOutcome]) -> GateOutcome | None:
    """The gate by which a setting is better than the file's with a whole interval; None where none found that.

    One that does not apply, because there was no forecast of the file's setting, has found nothing.
    """
    against = [outcome for outcome in outcomes if outcome.against == CHAMPION and outcome.passed]
    return next((outcome for outcome in against if outcome.low is not None and outcome.low > 0.0), None)


def _sentence(outcomes: Sequence[GateOutcome], called: str, better: GateOutcome | None) -> str:
    if better is not None:
        return f"The tuned setting is proposed: it {clause(better.reason).removeprefix('the tuned setting ')}."
    failed = [outcome for outcome in outcomes if outcome.passed is False]
    silent = [outcome for outcome in outcomes if outcome.passed is None and outcome.against == CHAMPION]
    why = "; ".join(clause(outcome.reason) for outcome in (failed or silent)[:REASONS_TOLD])
    return f"Nothing is proposed; {called} stays: {why}."


def _bands(contestants: Mapping[str, Scored], called: str) -> str:
    """` Its band holds 81 % of the points, that of the automatic setting 80 %.`; empty where there is no band."""
    challenger, champion = contestants[CHALLENGER], contestants.get(CHAMPION)
    if not challenger.intervals:
        return ""
    widest = challenger.intervals[0]
    other = f", that of {called} {percent(champion.coverage(widest))}" if champion is not None else ""
    return f" Its band holds {percent(challenger.coverage(widest))} of the points{other}."
