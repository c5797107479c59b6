"""Whether a challenger that fails a fixed limit is promoted all the same, because what serves instead is worse.

Failing closed means that nothing worse gets through than what serves otherwise; it does not mean that a better model is
kept out for a fault that its stand-in has as well.
"""

import math
from collections.abc import Mapping, Sequence

from lstm.contestants import CHALLENGER, CHAMPION, in_sentence
from lstm.evaluation.backtest.resampling import Interval
from lstm.evaluation.backtest.scored import Scored
from lstm.evaluation.gates.bootstrap import improvement_interval
from lstm.evaluation.gates.incumbent import CONFIDENCE, better_baseline
from lstm.evaluation.gates.verdict import HEADLINE_METRICS
from lstm.evaluation.wording import clause, percent, span
from lstm.references import GateOutcome


def incumbent_of(contestants: Mapping[str, Scored], overlap: int) -> str:
    """Who would serve where a champion was judged: it, or the baseline that takes its place; empty without one."""
    if CHAMPION not in contestants:
        return ""
    better = better_baseline(contestants, overlap)
    return CHAMPION if better is None else better[0]


def excuse(outcomes: Sequence[GateOutcome], contestants: Mapping[str, Scored], stand_in: str, overlap: int) -> str:
    """What a challenger is promoted in spite of, in words; empty where it is not, or has nothing to be excused.

    Every gate that it failed is a fixed limit that its stand-in keeps no better, another gate has passed, and its error
    is smaller than the stand-in's beyond chance. stand_in: one of the contestants. overlap: see `Evidence`.
    """
    failed = [outcome for outcome in outcomes if outcome.passed is False]
    if not failed or not all(outcome.excused for outcome in failed) or not any(outcome.passed for outcome in outcomes):
        return ""
    interval = _improvement(contestants, stand_in, overlap)
    if interval is None or interval.low <= 0.0:
        return ""
    reasons = "; ".join(clause(outcome.reason) for outcome in failed)
    reach = (
        f"the {percent(CONFIDENCE)} interval of its difference to {in_sentence(stand_in)}, which would serve instead"
    )
    return f"{reasons}; promoted all the same, since {reach}, reaches from {span(interval.low, interval.high)}"


def _improvement(contestants: Mapping[str, Scored], stand_in: str, overlap: int) -> Interval | None:
    """The interval of the challenger's improvement by the first headline metric that both have."""
    challenger, other = contestants.get(CHALLENGER), contestants.get(stand_in)
    if challenger is None or other is None:
        return None
    for metric in HEADLINE_METRICS:
        if math.isfinite(challenger.error(metric)) and math.isfinite(other.error(metric)):
            return improvement_interval(challenger, other, metric, confidence=CONFIDENCE, overlap=overlap)
    return None
