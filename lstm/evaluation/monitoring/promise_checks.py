"""The checks of the monitor: what came true against what was promised, the seasonal naive, and what bands promise."""

import math

import numpy as np

from lstm.config import Monitor
from lstm.evaluation.backtest.metrics import intervals_of
from lstm.evaluation.backtest.resampling import DRAWS, SEED, Interval, block_draws, central_interval
from lstm.evaluation.monitoring.promises import Promise
from lstm.evaluation.monitoring.realised import Realised
from lstm.evaluation.monitoring.realised_scores import group_scores, overall_scores
from lstm.evaluation.wording import number, percent, signed_percent
from lstm.references import GateOutcome

CONFIDENCE = 0.95


def promise_checks(
    rows: Realised, promised: Promise | None, settings: Monitor, overlap: int
) -> tuple[GateOutcome, ...]:
    """The checks of complete forecasts, in order: against the promise, the seasonal naive, and each band's coverage.

    promised: None where nothing is known of it. overlap: forecasts that a horizon spans.
    """
    scores, draws = overall_scores(rows), _draws(rows, overlap)
    return (
        _against_promise(scores["mase"], promised, draws["mase"], settings),
        _against_naive(scores["mase"], scores["naive_mase"], draws["skill"]),
        *_coverages(rows, settings),
    )


def _against_promise(mase: float, promised: Promise | None, draws: np.ndarray, settings: Monitor) -> GateOutcome:
    name, limit = "error against the promise", f"at most {percent(settings.worse_by)} worse"
    common = {"name": name, "metric": "mase", "threshold": limit, "observed": _known(mase)}
    if promised is None or not math.isfinite(promised.mase):
        return GateOutcome(**common, passed=None, reason="no verdict tells what the backtest promised of it")
    if not math.isfinite(mase):
        return GateOutcome(**common, passed=None, reason="no series moves from season to season, so MASE is undefined")
    interval = central_interval(draws / promised.mase - 1.0, CONFIDENCE)
    worse = mase / promised.mase - 1.0
    # Both: more than is tolerated, and more than the luck of a few nights.
    passed = worse <= settings.worse_by or _may_be_luck(interval)
    reason = f"MASE {number(mase)}, promised {number(promised.mase)}: {signed_percent(worse)}"
    if interval is not None:
        low, high = map(signed_percent, interval)
        reason += f" ({percent(CONFIDENCE)} interval {low} to {high})"
    return GateOutcome(**common, passed=passed, reference=promised.mase, **_ends(interval), reason=reason)


def _against_naive(mase: float, naive: float, draws: np.ndarray) -> GateOutcome:
    common = {"name": "error against the seasonal naive", "metric": "mase", "threshold": "not worse"}
    if not (math.isfinite(mase) and math.isfinite(naive) and naive > 0.0):
        return GateOutcome(
            **common, passed=None, observed=_known(mase), reason="the seasonal naive has no error to compare"
        )
    interval = central_interval(draws, CONFIDENCE)
    worse = mase / naive - 1.0
    passed = worse <= 0.0 or _may_be_luck(interval)
    reason = f"MASE {number(mase)}, the seasonal naive {number(naive)}: {signed_percent(worse)}"
    return GateOutcome(**common, passed=passed, observed=mase, reference=naive, **_ends(interval), reason=reason)


def _may_be_luck(interval: Interval | None) -> bool:
    """Whether the interval of how much worse it was reaches down to nothing."""
    return interval is not None and interval.low <= 0.0


def _ends(interval: Interval | None) -> dict[str, float]:
    return {} if interval is None else {"low": interval.low, "high": interval.high}


def _coverages(rows: Realised, settings: Monitor) -> list[GateOutcome]:
    return [_coverage(rows, interval, settings) for interval in intervals_of(rows.levels)]


def _coverage(rows: Realised, interval: tuple[float, float], settings: Monitor) -> GateOutcome:
    share, nominal = float(np.mean(rows.covered(interval))), interval[1] - interval[0]
    return GateOutcome(
        name=f"coverage of the {percent(nominal)} band",
        metric="coverage",
        passed=abs(share - nominal) <= settings.coverage_within,
        observed=share,
        reference=nominal,
        threshold=f"within {number(settings.coverage_within)}",
        reason=f"{percent(share)} of what came lay within the band that promises {percent(nominal)}",
    )


def _draws(rows: Realised, overlap: int) -> dict[str, np.ndarray]:
    """Bootstrapped MASE, and MASE over the seasonal naive's less one (`skill`), DRAWS each.

    Whole origins are drawn, in circular blocks as long as a horizon. An origin counts by its mean.
    """
    origins, group = np.unique(rows.cutoff, return_inverse=True)
    scores = group_scores(rows, group, len(origins))
    length = max(1, min(overlap, len(origins) // 2))
    drawn = block_draws(np.random.default_rng(SEED), DRAWS, len(origins), length)
    means = {name: _means(scores[name][drawn]) for name in ("mase", "naive_mase")}
    with np.errstate(divide="ignore", invalid="ignore"):
        return {"mase": means["mase"], "skill": means["mase"] / means["naive_mase"] - 1.0}


def _means(values: np.ndarray) -> np.ndarray:
    """Mean over the last axis of what is defined."""
    known = np.isfinite(values)
    with np.errstate(invalid="ignore"):
        return np.asarray(np.where(known, values, 0.0).sum(axis=-1) / known.sum(axis=-1))


def _known(value: float) -> float | None:
    return value if math.isfinite(value) else None
