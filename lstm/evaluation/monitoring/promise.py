"""Whether forecasts that came true are worse than the backtest promised, and the sentence that says so."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from lstm.config import Monitor
from lstm.evaluation.monitoring.promise_checks import promise_checks
from lstm.evaluation.monitoring.promises import Promise, promised_of
from lstm.evaluation.monitoring.realised import ModelLabel, Realised
from lstm.evaluation.monitoring.realised_scores import group_scores, overall_scores
from lstm.evaluation.wording import number
from lstm.references import GateOutcome

WORST = 3
AS_SERVED = "everything that was served"


@dataclass(frozen=True)
class Judgement:
    """Whether forecasts came true as promised, with the checks that say so.

    degraded: None where there is too little to judge. judged: whose forecasts. worst: a few series and targets.
    """

    degraded: bool | None
    judged: str
    sentence: str
    checks: tuple[GateOutcome, ...] = ()
    worst: tuple[str, ...] = ()


def judge(
    rows: Realised,
    promises: Mapping[ModelLabel, Promise],
    settings: Monitor,
    *,
    serving: ModelLabel | None,
    recent_steps: int,
    overlap: int,
) -> Judgement:
    """Judges the newest complete forecasts: those of the model that serves where these are enough, else all of them.

    Complete is a forecast whose whole horizon has come, since the backtest scored whole horizons. rows: of every model;
    backfills do not count. serving: who made the newest forecast. recent_steps: steps of `settings.recent_days`.
    overlap: forecasts that a horizon spans.
    """
    live = rows.live
    if not len(live):
        return Judgement(None, "", "Nothing to score yet: no forecast step has its actual.")
    complete = live.of(live.complete).latest(each_model=False)
    choices = [(AS_SERVED, complete)]
    if serving is not None and serving in rows.models:
        choices.insert(0, (serving.text, complete.of(complete.model == rows.models.index(serving))))
    for name, candidates in choices:
        recent = _recent(candidates, settings, recent_steps)
        origins = len(np.unique(recent.cutoff))
        if origins >= settings.fewest_origins and len(recent) >= settings.fewest_points:
            return _judged(recent, name, promised_of(recent, promises), settings, overlap)
    origins = len(np.unique(complete.cutoff))
    few = f"{origins} forecast{'s have' if origins != 1 else ' has'} come true as a whole ({len(complete):,} steps)"
    needed = f"at least {settings.fewest_origins} ({settings.fewest_points} steps) are needed"
    return Judgement(None, "", f"Too early to judge: {few}, and {needed}.")


def overlap_of(rows: Realised, horizon: int) -> int:
    """Forecasts that a horizon spans, by the median distance of cutoffs."""
    cutoffs = np.unique(rows.cutoff)
    distance = float(np.median(np.diff(cutoffs))) if len(cutoffs) > 1 else horizon
    return max(1, int(np.ceil(horizon / distance)))


def _recent(rows: Realised, settings: Monitor, steps: int) -> Realised:
    """The forecasts of the newest steps, or the newest few where these would be fewer."""
    cutoffs = np.unique(rows.cutoff)
    if not len(cutoffs):
        return rows
    few = cutoffs[-min(settings.fewest_origins, len(cutoffs))]
    return rows.of(rows.cutoff >= min(few, cutoffs[-1] - steps + 1))


def _judged(rows: Realised, name: str, promised: Promise | None, settings: Monitor, overlap: int) -> Judgement:
    checks = promise_checks(rows, promised, settings, overlap)
    failed = [check for check in checks if check.passed is False]
    worst = _worst_pairs(rows) if failed else ()
    sentence = _failed(rows, name, failed, worst) if failed else _passed(rows, name, promised, settings)
    return Judgement(bool(failed), name, sentence, checks, worst)


def _worst_pairs(rows: Realised) -> tuple[str, ...]:
    """The series and targets with the largest mean error by the scale of MASE: `JFK · humid (MASE 1.42)`."""
    pairs, group = np.unique(rows.pair, return_inverse=True)
    mase = group_scores(rows, group, len(pairs))["mase"]
    order = np.argsort(-np.where(np.isfinite(mase), mase, -np.inf), kind="stable")[:WORST]
    targets = len(rows.target_names)
    return tuple(
        f"{rows.series_names[pairs[place] // targets]} · {rows.target_names[pairs[place] % targets]} "
        f"(MASE {number(mase[place])})"
        for place in order
        if np.isfinite(mase[place])
    )


def _failed(rows: Realised, name: str, failed: list[GateOutcome], worst: tuple[str, ...]) -> str:
    reasons = "; ".join(f"{check.name}: {check.reason}" for check in failed)
    where = f" Worst: {', '.join(worst)}." if worst else ""
    return f"{_capital(name)} {_over(rows)} is worse than it should be. {_capital(reasons)}.{where}"


def _passed(rows: Realised, name: str, promised: Promise | None, settings: Monitor) -> str:
    scores = overall_scores(rows)
    parts = [f"MASE {number(scores['mase'])}" if math.isfinite(scores["mase"]) else f"MAE {number(scores['mae'])}"]
    luck = ""
    if promised is not None and math.isfinite(promised.mase):
        parts.append(f"{number(promised.mase)} was promised")
        if scores["mase"] > promised.mase * (1.0 + settings.worse_by):
            luck = " It is more than was promised, but not more than chance explains."
    if math.isfinite(scores["naive_mase"]):
        parts.append(f"the seasonal naive had {number(scores['naive_mase'])}")
    if math.isfinite(scores["coverage"]):
        parts.append(f"coverage {number(scores['coverage'])}")
    return f"{_capital(name)} {_over(rows)} does as it should: {', '.join(parts)}.{luck}"


def _over(rows: Realised) -> str:
    return f"over the newest {len(np.unique(rows.cutoff))} complete forecasts"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:] if not text.startswith("v") else text
