"""Evaluate: the backtest of challenger, champion and baselines on the same origins, and the gates' verdict."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from lstm.contestants import CHALLENGER, CHAMPION
from lstm.data.frequency.as_of import read_as_of
from lstm.data.panel.panel import Panel
from lstm.data.panel.seasonal_scale import seasonal_scale
from lstm.data.panel.windows import Windows
from lstm.evaluation.backtest.contest import Baselines, Workplace, contest, held_out, knowable
from lstm.evaluation.backtest.score import overall, score_table
from lstm.evaluation.backtest.scored import Scored
from lstm.evaluation.backtest.segments import segments
from lstm.evaluation.gates.excuse import excuse, incumbent_of
from lstm.evaluation.gates.incumbent import successor
from lstm.evaluation.gates.judge import Evidence, judge_gates
from lstm.evaluation.gates.run_health import finite_losses, missing_share
from lstm.evaluation.gates.series_moved import series_moved
from lstm.evaluation.gates.verdict import Parties, Takeover, decide
from lstm.model.baselines.model import Model
from lstm.model.forecaster.card import ModelCard
from lstm.model.forecaster.choices import default_device
from lstm.model.forecaster.forecaster import Forecaster
from lstm.references import Champion, Contract, GateOutcome, Lineage, ModelRef, PanelRef, Verdict, WindowsRef
from lstm.steps.champions.tonights_measures import stand_in, tonight
from lstm.steps.champions.usable import UsableChampion, champion_seen, newer_champion, usable, usable_champion
from lstm.steps.ingest import load_panel
from lstm.steps.job import Job
from lstm.steps.window import load_windows, seasons
from lstm.storage.files.processes import free_memory
from lstm.storage.registry.models import kept_settings
from lstm.storage.runs.model_folder import read_model
from lstm.storage.runs.run_folder import RunStore, StoredCheckpoints, fingerprint, fingerprints

VERSION = 5


def evaluate(
    job: Job, panel_ref: PanelRef, windows_ref: WindowsRef, model_ref: ModelRef, *, again: bool = False
) -> Verdict:
    """Registers the challenger, scores every contestant and writes `scores.parquet` and `verdict.json`.

    A verdict that stands is kept, though the champion may be another by now: publishing finds that out and asks again.
    """
    store = job.run_store()
    inputs = {
        "panel": panel_ref.fingerprint,
        "windows": windows_ref.fingerprint,
        "model": model_ref.fingerprint,
        "gates": [gate.model_dump() for gate in job.pipeline.active_gates()],
        "settings": job.pipeline.model_dump(
            mode="json", include={"minimum", "seasons", "quantile_levels", "evaluation", "quality"}
        ),
        "late": panel_ref.late,
    }
    mark = fingerprint([VERSION, fingerprints(inputs), job.pipeline.training.threads])
    verdict = store.once(
        "evaluate", VERSION, inputs, Verdict, lambda: _evaluate(job, store, panel_ref, model_ref, mark), again=again
    )
    store.remove("parts/evaluate")
    return verdict


def _evaluate(
    job: Job, store: RunStore, panel_ref: PanelRef, model_ref: ModelRef, mark: str
) -> tuple[Verdict, dict[str, str]]:
    """mark: of what the backtest depends on, the champion left out."""
    panel, windows = load_panel(store, versions=True), load_windows(store, split="test")
    challenger = read_model(job.runs, model_ref.uri, model_ref.fingerprint)
    version = _register(job, model_ref, challenger.card)
    decided = job.registry().standing_promotion(job.pipeline.name, job.key.run_id, version)
    seen, (champion, absent) = champion_seen(job), rival(job, panel, decided)
    against = champion.champion.version if champion is not None else None
    keeper = StoredCheckpoints(store, f"parts/evaluate/{fingerprint([mark, against])[:16]}", ".npz")
    backtest = _backtest(job, panel, windows, challenger, champion, keeper)
    scores = {"scores.parquet": store.write_table("scores.parquet", score_table(panel, backtest.contestants))}
    if decided is not None:  # it stands, whatever the gates are by now; the way back is a rollback
        return decided, scores | _kept(store, decided)
    absent = backtest.absent or absent
    overlap = -(-panel.horizon // windows.splits.stride)
    incumbent = incumbent_of(backtest.contestants, overlap)
    instead, measures = stand_in(job, panel, backtest.contestants, challenger, champion, incumbent)
    evidence = Evidence(
        backtest.contestants,
        segments={gate.scope: segments(panel, gate.scope) for gate in job.pipeline.active_gates()},
        overlap=overlap,
        forecasts=tonight(job, panel, challenger),
        run=measured(job, store, panel_ref, panel, challenger),
        absent=absent,
        not_applicable=begun_at_ridge(challenger),
        stand_in=instead,
        stand_in_forecasts=measures,
    )
    outcomes = (*newer_champion(job, panel), *judge_gates(job.pipeline.active_gates(), evidence))
    fault = excuse(outcomes, backtest.contestants, instead, overlap)
    compared = champion.champion.version if champion is not None and not backtest.absent else None
    verdict = decide(
        Parties(job.key.run_id, version, compared, seen, absent, instead),
        outcomes,
        overall(backtest.contestants),
        origins=backtest.origins,
        takeover=_takeover(job, outcomes, evidence, challenger.card.contract, fault),
        fault=fault,
        remarks=(
            series_moved(panel.names, panel.target_names, backtest.contestants),
            deadline_cost(challenger.card),
        ),
    )
    verdict = verdict.model_copy(update={"vintages": "known" if panel_ref.vintages else "unknown"})
    return verdict, scores | _kept(store, verdict)


def _register(job: Job, model_ref: ModelRef, card: ModelCard) -> int:
    """The version of the challenger in the registry; the same one where this run has registered it before."""
    return job.registry().register_model(
        job.pipeline.name,
        job.key.run_id,
        model_ref,
        card.contract,
        card.model_dump(mode="json", exclude={"calibration"}),
        datetime.now(UTC),
        lineage=_lineage(job, card),
    )


@dataclass(frozen=True)
class _Backtest:
    """Contestants, scored on the same origins. absent: why the champion is none of them after all, else empty."""

    contestants: dict[str, Scored]
    origins: int
    absent: str = ""


def _backtest(
    job: Job,
    panel: Panel,
    windows: Windows,
    challenger: Forecaster,
    champion: UsableChampion | None,
    keeper: StoredCheckpoints,
) -> _Backtest:
    """Forecasts and scores the held-out origins that neither challenger nor champion has seen."""
    models: dict[str, Model] = {CHALLENGER: challenger}
    models |= {CHAMPION: champion.forecaster} if champion is not None else {}
    contestants, origins = held_contest(job, panel, windows, models, keeper)
    absent = ""
    if champion is not None and CHAMPION not in contestants:
        # It could neither be compared nor serve; a challenger must not be held up by it for ever.
        absent = f"the champion {champion.champion.label} cannot be used: none of its forecasts is finite"
    return _Backtest(contestants, origins, absent)


def held_contest(
    job: Job, panel: Panel, windows: Windows, models: Mapping[str, Model], keeper: StoredCheckpoints
) -> tuple[dict[str, Scored], int]:
    """(every contestant by name, number of origins) of a contest on the origins that none of the models has seen."""
    as_of = read_as_of(job.key.as_of)
    test = knowable(panel, held_out(panel, windows, list(models.values())), as_of)
    settings, season = job.pipeline, seasons(job, panel)[0]
    baselines = Baselines(season, settings.quantile_levels, settings.minimum, settings.evaluation.baselines)
    scale = seasonal_scale(panel, season, windows.splits.validation_end)
    workplace = Workplace(default_device(), job.executor, free_memory(), keeper)
    contestants = contest(panel, test, models, baselines, scale=scale, workplace=workplace, as_of=as_of)
    return contestants, len(np.unique(panel.ordinal_of(test.series, test.row)))


def _kept(store: RunStore, verdict: Verdict) -> dict[str, str]:
    return {"verdict.json": store.write_bytes("verdict.json", verdict.model_dump_json(indent=2).encode())}


def rival(job: Job, panel: Panel, decided: Verdict | None) -> tuple[UsableChampion | None, str]:
    """Whom the challenger is scored against, as `usable_champion` answers.

    decided: the verdict by which this run has promoted its challenger; that one is champion now, so its rival then is
    meant.
    """
    if decided is None:
        return usable_champion(job, panel)
    if decided.champion_version is None:
        return None, "there was no champion"
    version = job.registry().model(job.pipeline.name, decided.champion_version)
    champion = Champion.model_validate(version.model_dump(include=set(Champion.model_fields)))
    return usable(job, panel, champion, f"the champion {champion.label}")


def measured(job: Job, store: RunStore, panel_ref: PanelRef, panel: Panel, challenger: Forecaster) -> dict[str, float]:
    """What the gates ask of the run itself."""
    quality = json.loads(store.read_bytes("quality.json") or b"{}")
    return {
        "late": panel_ref.late,
        "missing_share": missing_share(panel, job.pipeline.quality.expected_for),
        "set_aside_share": quality.get("rows_set_aside", math.nan) / max(panel_ref.rows_read, 1),
        "finite_losses": finite_losses(store.read_table("model/history.parquet")),
        "best_epoch": min((member.best_epoch for member in challenger.card.members), default=math.nan),
    }


def begun_at_ridge(challenger: Forecaster) -> dict[str, str]:
    """Why the best epoch tells nothing where training began at a ridge regression: its start is a good forecast."""
    return (
        {"best_epoch": "training began at a ridge regression, which has a gate of its own"}
        if challenger.has_ridge
        else {}
    )


def _takeover(
    job: Job, outcomes: Sequence[GateOutcome], evidence: Evidence, contract: Contract, fault: str
) -> Takeover | None:
    """The baseline that takes the champion's place, registered as a version; None where nobody does."""
    better = successor(outcomes, evidence.contestants, evidence.overlap, excused=bool(fault))
    if better is None:
        return None
    baseline, finding = better
    version = job.registry().register_baseline(job.pipeline.name, baseline, contract, datetime.now(UTC))
    return Takeover(baseline, version, finding)


def deadline_cost(card: ModelCard) -> str:
    """What a training that stopped at its deadline had to leave out; empty where it had the time."""
    return f"Training stopped at its deadline: {card.cut_short}" if card.cut_short else ""


def _lineage(job: Job, card: ModelCard) -> Lineage:
    """Data, settings, code and parent of a model that this run has trained. The champion of this moment is its parent.

    A run that is judged again keeps the lineage that it was registered with first.
    """
    return Lineage(
        panel_fingerprint=card.panel,
        windows_fingerprint=card.windows,
        settings=kept_settings(job.pipeline),
        code_version=card.versions.get("nightcast", ""),
        packages=card.versions,
        parent_version=champion_seen(job),
    )
