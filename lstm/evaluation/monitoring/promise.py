"""What the backtest promised against what came true: the checks of the monitor, and its sentence."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from lstm.config import Monitor
from lstm.evaluation.monitoring.realised import ModelLabel, Realised, covered_by, group_scores, intervals
from lstm.evaluation.wording import number, percent
from lstm.references import GateOutcome

DRAWS = 2_000
SEED = 1
CONFIDENCE = 0.95
WORST = 3
AS_SERVED = "everything that was served"


@dataclass(frozen=True)
class Promise:
    """What a backtest found of a model. source: the run whose verdict says so."""

    mase: float
    coverage: float
    source: str


@dataclass(frozen=True)
class Judgement:
    """degraded: None where there is too little to judge. judged: whose forecasts. worst: a few series and targets."""

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
    done = live.of(live.complete).latest(each_model=False)
    own = done.of(done.model == rows.models.index(serving)) if serving in rows.models else done.of(done.model < 0)
    for name, some in ((serving.text if serving else "", own), (AS_SERVED, done)):
        recent = _recent(some, settings, recent_steps)
        origins = len(np.unique(recent.cutoff))
        if origins >= settings.fewest_origins and len(recent) >= settings.fewest_points:
            return _judged(recent, name, promises, settings, overlap)
    origins = len(np.unique(done.cutoff))
    return Judgement(
        None,
        "",
        f"Too early to judge: {origins} forecast{'s have' if origins != 1 else ' has'} come true as a whole "
        f"({len(done):,} steps), and at least {settings.fewest_origins} ({settings.fewest_points} steps) are needed.",
    )


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


def _judged(
    rows: Realised, name: str, promises: Mapping[ModelLabel, Promise], settings: Monitor, overlap: int
) -> Judgement:
    scores = {column: float(values[0]) for column, values in group_scores(rows, np.zeros(len(rows), int), 1).items()}
    origins = int(scores["origins"])
    promised = promised_of(rows, promises)
    draws = _draws(rows, overlap)
    checks = (
        _against_promise(scores["mase"], promised, draws["mase"], settings),
        _against_naive(scores["mase"], scores["naive_mase"], draws["skill"]),
        *_coverages(rows, settings),
    )
    failed = [check for check in checks if check.passed is False]
    worst = worst_pairs(rows) if failed else ()
    sentence = _failed(name, origins, failed, worst) if failed else _passed(name, origins, scores, promised, settings)
    return Judgement(bool(failed), name, sentence, checks, worst)


def promised_of(rows: Realised, promises: Mapping[ModelLabel, Promise]) -> Promise | None:
    """The promise on some rows: the mean over their models by points; None where half of the points have none."""
    counts = np.bincount(rows.model, minlength=len(rows.models))
    known = [
        (promises[model], int(count)) for model, count in zip(rows.models, counts, strict=True) if model in promises
    ]
    weights = np.array([count for _, count in known])
    if not len(rows) or weights.sum() * 2 < len(rows):
        return None
    means = {
        name: float(np.average([getattr(promise, name) for promise, _ in known], weights=weights))
        for name in ("mase", "coverage")
    }
    return Promise(**means, source=", ".join(dict.fromkeys(promise.source for promise, _ in known)))


def _against_promise(mase: float, promised: Promise | None, draws: np.ndarray, settings: Monitor) -> GateOutcome:
    name, limit = "error against the promise", f"at most {percent(settings.worse_by)} worse"
    common = {"name": name, "metric": "mase", "threshold": limit, "observed": _known(mase)}
    if promised is None or not math.isfinite(promised.mase):
        return GateOutcome(**common, passed=None, reason="no verdict tells what the backtest promised of it")
    if not math.isfinite(mase):
        return GateOutcome(**common, passed=None, reason="no series moves from season to season, so MASE is undefined")
    low, high = _interval(draws / promised.mase - 1.0)
    worse = mase / promised.mase - 1.0
    # Both: more than is tolerated, and more than the luck of a few nights.
    passed = worse <= settings.worse_by or low <= 0.0
    said = f"MASE {number(mase)}, promised {number(promised.mase)}: {signed_percent(worse)}"
    if math.isfinite(low):
        said += f" (95 % interval {signed_percent(low)} to {signed_percent(high)})"
    return GateOutcome(
        **common, passed=passed, reference=promised.mase, low=_known(low), high=_known(high), reason=said
    )


def _against_naive(mase: float, naive: float, draws: np.ndarray) -> GateOutcome:
    common = {"name": "error against the seasonal naive", "metric": "mase", "threshold": "not worse"}
    if not (math.isfinite(mase) and math.isfinite(naive) and naive > 0.0):
        return GateOutcome(
            **common, passed=None, observed=_known(mase), reason="the seasonal naive has no error to compare"
        )
    low, high = _interval(draws)
    worse = mase / naive - 1.0
    said = f"MASE {number(mase)}, the seasonal naive {number(naive)}: {signed_percent(worse)}"
    return GateOutcome(
        **common, passed=worse <= 0.0 or low <= 0.0, observed=mase, reference=naive, low=_known(low),
        high=_known(high), reason=said,
    )  # fmt: skip


def _coverages(rows: Realised, settings: Monitor) -> list[GateOutcome]:
    found = []
    for low, high in intervals(rows.levels):
        share, nominal = float(np.mean(covered_by(rows, (low, high)))), high - low
        found.append(
            GateOutcome(
                name=f"coverage of the {percent(nominal)} band",
                metric="coverage",
                passed=abs(share - nominal) <= settings.coverage_within,
                observed=share,
                reference=nominal,
                threshold=f"within {number(settings.coverage_within)}",
                reason=f"{percent(share)} of what came lay within the band that promises {percent(nominal)}",
            )
        )
    return found


def _draws(rows: Realised, overlap: int) -> dict[str, np.ndarray]:
    """Bootstrapped MASE, and MASE over the seasonal naive's less one (`skill`), DRAWS each.

    Whole origins are drawn, in circular blocks as long as a horizon, since horizons that overlap share their actuals:
    Politis and Romano (1992), A circular block-resampling procedure for stationary data. An origin counts by its mean.
    """
    origins, group = np.unique(rows.cutoff, return_inverse=True)
    scores = group_scores(rows, group, len(origins))
    count, length = len(origins), max(1, min(overlap, len(origins) // 2))
    starts = np.random.default_rng(SEED).integers(0, count, (DRAWS, -(-count // length)))
    drawn = ((starts[..., None] + np.arange(length)) % count).reshape(DRAWS, -1)[:, :count]
    means = {name: _means(scores[name][drawn]) for name in ("mase", "naive_mase")}
    with np.errstate(divide="ignore", invalid="ignore"):
        return {"mase": means["mase"], "skill": means["mase"] / means["naive_mase"] - 1.0}


def _means(values: np.ndarray) -> np.ndarray:
    """Mean over the last axis of what is defined."""
    known = np.isfinite(values)
    with np.errstate(invalid="ignore"):
        return np.asarray(np.where(known, values, 0.0).sum(axis=-1) / known.sum(axis=-1))


def _interval(draws: np.ndarray) -> tuple[float, float]:
    known = draws[np.isfinite(draws)]
    if len(known) * 2 < len(draws):
        return math.nan, math.nan
    low, high = np.quantile(known, [(1.0 - CONFIDENCE) / 2.0, (1.0 + CONFIDENCE) / 2.0])
    return float(low), float(high)


def worst_pairs(rows: Realised, most: int = WORST) -> tuple[str, ...]:
    """The series and targets with the largest mean error by the scale of MASE: `JFK · humid (MASE 1.42)`."""
    pairs, group = np.unique(rows.pair, return_inverse=True)
    mase = group_scores(rows, group, len(pairs))["mase"]
    order = np.argsort(-np.where(np.isfinite(mase), mase, -np.inf), kind="stable")[:most]
    targets = len(rows.target_names)
    return tuple(
        f"{rows.series_names[pairs[place] // targets]} · {rows.target_names[pairs[place] % targets]} "
        f"(MASE {number(mase[place])})"
        for place in order
        if np.isfinite(mase[place])
    )


def _failed(name: str, origins: int, failed: list[GateOutcome], worst: tuple[str, ...]) -> str:
    told = "; ".join(f"{check.name}: {check.reason}" for check in failed)
    where = f" Worst: {', '.join(worst)}." if worst else ""
    return f"{_capital(name)} {_over(origins)} is worse than it should be. {_capital(told)}.{where}"


def _passed(name: str, origins: int, scores: Mapping[str, float], promised: Promise | None, settings: Monitor) -> str:
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
    return f"{_capital(name)} {_over(origins)} does as it should: {', '.join(parts)}.{luck}"


def _over(origins: int) -> str:
    return f"over the newest {origins} complete forecasts"


def signed_percent(share: float) -> str:
    """`+12 %`, `-3.1 %`, `0 %`."""
    return "0 %" if share == 0.0 else f"{'+' if share > 0 else '-'}{percent(abs(share))}"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:] if not text.startswith("v") else text


def _known(value: float) -> float | None:
    return value if math.isfinite(value) else None
