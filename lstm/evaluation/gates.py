"""Gates: rules that a challenger must pass. They fail closed: what cannot be compared has not passed."""

import math
from collections.abc import Mapping

from lstm.config import Gate
from lstm.evaluation.wording import METRIC_NAMES, change, contrast, number, percent
from lstm.references import GateOutcome, MethodScores

BASELINE_PREFIX = "baseline:"
RIDGE = "baseline:ridge"
# Bounds such as 0.8 - 0.15 are not exact in binary; a coverage on the bound lies within.
ROUNDING = 1e-9

Found = tuple[bool | None, str, str]  # passed, threshold, reason


def judge_gates(
    gates: tuple[Gate, ...],
    scores: Mapping[str, MethodScores],
    *,
    challenger: str = "challenger",
    champion: str | None,
    champion_absent_reason: str,
    nominal_coverage: float | None,
) -> tuple[GateOutcome, ...]:
    """What each gate found, in order.

    scores: by contestant. champion: its name in `scores`; None when there is none to compare with, and then gates
    against it do not apply, for `champion_absent_reason`. nominal_coverage: what the widest interval promises; None
    when the levels promise none, and then `within` does not apply.
    """
    return tuple(_judge(gate, scores, challenger, champion, champion_absent_reason, nominal_coverage) for gate in gates)


def best_baseline(scores: Mapping[str, MethodScores], metric: str, *, ridge: bool) -> str | None:
    """Name of the baseline with the lowest defined value of an error metric; None when none is defined.

    ridge: whether the ridge regression that the challenger began from is one of them.
    """
    defined = {
        name: value
        for name in scores
        if name.startswith(BASELINE_PREFIX)
        and (ridge or name != RIDGE)
        and (value := metric_of(scores, name, metric)) is not None
    }
    return min(defined, key=defined.__getitem__, default=None)


def metric_of(scores: Mapping[str, MethodScores], name: str, metric: str) -> float | None:
    """A contestant's value of a metric; None when it is missing, NaN or infinite."""
    if name not in scores:
        return None
    value = float(getattr(scores[name], metric))
    return value if math.isfinite(value) else None


def _judge(
    gate: Gate,
    scores: Mapping[str, MethodScores],
    challenger: str,
    champion: str | None,
    champion_absent_reason: str,
    nominal_coverage: float | None,
) -> GateOutcome:
    observed = metric_of(scores, challenger, gate.metric)
    if gate.against == "champion" and champion is None:
        found: Found = None, "", champion_absent_reason
    elif gate.against == "ridge" and RIDGE not in scores:
        found = None, "", "the challenger did not begin at a ridge regression"
    elif gate.within is not None and nominal_coverage is None:
        found = None, "", "the outer quantile levels are not symmetric, so they promise no coverage"
    elif observed is None:
        found = _undefined(f"the challenger has no {METRIC_NAMES[gate.metric]}")
    elif gate.against is not None:
        found = _compare(gate, observed, champion, scores)
    else:
        found = _bound(gate, observed, nominal_coverage)
    passed, threshold, reason = found
    return GateOutcome(name=gate.name, passed=passed, observed=observed, threshold=threshold, reason=reason)


def _undefined(why: str) -> Found:
    return False, "", f"undefined metric: {why}"


def _compare(gate: Gate, observed: float, champion: str | None, scores: Mapping[str, MethodScores]) -> Found:
    """Against the champion, the ridge regression or the best other baseline. A champion that is equal stays."""
    metric = METRIC_NAMES[gate.metric]
    best = RIDGE if gate.against == "ridge" else best_baseline(scores, gate.metric, ridge=False)
    name = champion if gate.against == "champion" else best
    reference = metric_of(scores, name, gate.metric) if name is not None else None
    if name is None or reference is None:
        return _undefined(f"{'no baseline has a' if name is None else f'the {name} has no'} {metric}")
    title = f"the {name}" if gate.against == "champion" else name
    mine, theirs = contrast(observed, reference)
    reason = f"the challenger is {change(observed, reference)} {title} ({metric} {mine} against {theirs})"
    if gate.better_by is not None:
        passed = observed < reference * (1.0 - gate.better_by)
        threshold = f"better than {name} {theirs}{_by('by', gate.better_by)}"
        reason += f", not by the {percent(gate.better_by)} asked" if not passed and observed < reference else ""
    else:
        allowed = gate.not_worse_by or 0.0
        passed = observed <= reference * (1.0 + allowed)
        threshold = f"not worse than {name} {theirs}{_by('by more than', allowed)}"
    if gate.against == "champion" and observed == reference:
        return False, threshold, f"tie: {reason}"
    return passed, threshold, reason


def _by(words: str, share: float) -> str:
    return f" {words} {percent(share)}" if share else ""


def _bound(gate: Gate, observed: float, nominal_coverage: float | None) -> Found:
    """Against a fixed lower bound, upper bound or band; a value on the bound passes."""
    text = f"the challenger's {METRIC_NAMES[gate.metric]} of {number(observed)}"
    if gate.at_least is not None:
        passed, threshold = observed >= gate.at_least, f"at least {number(gate.at_least)}"
        return passed, threshold, f"{text} is {threshold if passed else f'below {number(gate.at_least)}'}"
    if gate.at_most is not None:
        passed, threshold = observed <= gate.at_most, f"at most {number(gate.at_most)}"
        return passed, threshold, f"{text} is {threshold if passed else f'above {number(gate.at_most)}'}"
    nominal, width = nominal_coverage or math.nan, gate.within or math.nan
    passed = abs(observed - nominal) <= width + ROUNDING
    threshold = f"{number(max(nominal - width, 0.0))} to {number(min(nominal + width, 1.0))}"
    return passed, threshold, f"{text} lies {'within' if passed else 'outside'} {threshold}"
