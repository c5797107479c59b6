"""The challenger against another contestant: the champion, the ridge regression or a baseline."""

import math
from dataclasses import replace

import numpy as np

from lstm.config import Gate
from lstm.contestants import CHAMPION, in_sentence
from lstm.evaluation.backtest.resampling import Interval
from lstm.evaluation.backtest.scored import Scored
from lstm.evaluation.gates.bootstrap import FEWEST_BLOCKS, FEWEST_UNITS, improvement, improvement_interval
from lstm.evaluation.gates.finding import Finding, bounded, undefined
from lstm.evaluation.wording import change, contrast, percent, span
from lstm.gate_metrics import METRICS


def compared(gate: Gate, name: str, challenger: Scored, rival: Scored, segment: np.ndarray, overlap: int) -> Finding:
    """Whether the challenger is as much better, or as little worse, as the gate asks. An equal champion stays.

    name: of the rival. segment: bool (S, C). overlap: origins that a horizon spans. With a confidence, the whole
    interval of the improvement must keep the threshold.
    """
    metric, title = METRICS[gate.metric].title, in_sentence(name)
    observed, reference = challenger.error(gate.metric, segment), rival.error(gate.metric, segment)
    for who, value in (("the challenger", observed), (title, reference)):
        if not math.isfinite(value):
            return undefined(f"{who} has no {metric}")
    shown = contrast(observed, reference)
    reason = f"the challenger is {change(observed, reference)} {title} ({metric} {shown[0]} against {shown[1]})"
    finding = Finding(_keeps(gate, observed, reference), reason, _threshold(gate, name, shown[1]), observed, reference)
    if name == CHAMPION and observed == reference:
        return replace(finding, passed=False, reason=f"tie: {reason}")
    if gate.better_by and not finding.passed and improvement(observed, reference) > 0.0:
        return replace(finding, reason=f"{reason}, not by the {percent(gate.better_by)} asked")
    if gate.confidence is None:
        return finding
    interval = improvement_interval(
        challenger, rival, gate.metric, confidence=gate.confidence, overlap=overlap, segment=segment
    )
    return _beyond_chance(gate, finding, interval, gate.confidence)


def worse_series(gate: Gate, name: str, challenger: Scored, rival: Scored, segment: np.ndarray) -> Finding:
    """The share of series and targets whose MASE is worse than the rival's by more than `more_than`."""
    errors, references = challenger.by_series("mase")[segment], rival.by_series("mase")[segment]
    defined = np.isfinite(errors) & np.isfinite(references)
    if not defined.any():
        return undefined("no series has a MASE of both")
    worse = errors[defined] > references[defined] * (1.0 + (gate.more_than or 0.0))
    counts = f"{np.count_nonzero(worse):,} of {worse.size:,}"
    margin = percent(gate.more_than or 0.0)
    title = f"the share of series that are more than {margin} worse than {in_sentence(name)} ({counts})"
    return bounded(gate, float(worse.mean()), title)


def _asked(gate: Gate) -> float:
    """The improvement that is asked for; below zero where a loss is allowed."""
    return gate.better_by if gate.better_by is not None else -(gate.not_worse_by or 0.0)


def _keeps(gate: Gate, observed: float, reference: float) -> bool:
    bound = reference * (1.0 - _asked(gate))
    return observed < bound if gate.better_by is not None else observed <= bound


def _threshold(gate: Gate, name: str, reference: str) -> str:
    if gate.better_by is not None:
        return f"better than {name} {reference}" + (f" by {percent(gate.better_by)}" if gate.better_by else "")
    allowed = f" by more than {percent(gate.not_worse_by)}" if gate.not_worse_by else ""
    return f"not worse than {name} {reference}{allowed}"


def _beyond_chance(gate: Gate, finding: Finding, interval: Interval | None, confidence: float) -> Finding:
    """The finding with the interval of the improvement, which must keep the threshold as a whole."""
    if interval is None:
        few = (
            f"too little was scored for a {percent(confidence)} interval: {FEWEST_BLOCKS} origins that do not overlap "
            f"are needed, and {FEWEST_UNITS} of these or of the series"
        )
        return replace(finding, passed=False, reason=f"{finding.reason}, but {few}; raise evaluation.origins")
    asked = _asked(gate)
    kept = interval.low > asked if gate.better_by is not None else interval.low >= asked
    ends = f"the {percent(confidence)} interval of the difference reaches from {span(interval.low, interval.high)}"
    linked = "and" if kept or not finding.passed else "but"
    reason = f"{finding.reason}, {linked} {ends}"
    return replace(finding, passed=bool(finding.passed) and kept, interval=interval, reason=reason)
