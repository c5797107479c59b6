"""What a gate found in one segment, and numbers held against fixed bounds."""

import math
from dataclasses import dataclass, replace

from lstm.config import Gate
from lstm.evaluation.backtest.resampling import Interval
from lstm.evaluation.wording import number

# Bounds such as 0.8 - 0.15 are not exact in binary; a value on the bound lies within.
ROUNDING = 1e-9


@dataclass(frozen=True)
class Finding:
    """What a gate found in one segment, and why.

    passed: None where the gate does not apply. reference, interval: of whom the challenger is compared with. stand_in:
    the same number of whoever would serve instead. excused: failed, and that one is no better.
    """

    passed: bool | None
    reason: str
    threshold: str = ""
    observed: float | None = None
    reference: float | None = None
    interval: Interval | None = None
    stand_in: float | None = None
    excused: bool = False


def undefined(why: str) -> Finding:
    """The finding of a gate whose metric is undefined: it has not passed."""
    return Finding(False, f"undefined metric: {why}")


def outside(gate: Gate, value: float, middle: float = 0.0) -> float:
    """How far a number lies outside of a gate's fixed bounds; 0 within."""
    if gate.at_least is not None:
        return max(gate.at_least - value, 0.0)
    if gate.at_most is not None:
        return max(value - gate.at_most, 0.0)
    return max(abs(value - middle) - (gate.within or 0.0), 0.0)


def beside(gate: Gate, finding: Finding, name: str, value: float | None, middle: float = 0.0) -> Finding:
    """The finding with the number of whoever would serve instead, by name: nobody is refused for a worse one.

    value: None or NaN where it has none. middle: see `bounded`.
    """
    if finding.passed is not False or finding.observed is None or value is None or not math.isfinite(value):
        return finding
    excused = outside(gate, finding.observed, middle) <= outside(gate, value, middle) + ROUNDING
    reason = f"{finding.reason} ({name} has {number(value)})"
    return replace(finding, reason=reason, stand_in=value, excused=excused)


def bounded(gate: Gate, observed: float | None, name: str, middle: float = 0.0) -> Finding:
    """A number against a lower bound, an upper bound or a band about `middle`; on the bound it passes."""
    if observed is None or not math.isfinite(observed):
        return undefined(f"{name} is not known")
    if gate.at_least is not None:
        passed = observed >= gate.at_least - ROUNDING
        threshold, aside = f"at least {number(gate.at_least)}", f"below {number(gate.at_least)}"
    elif gate.at_most is not None:
        passed = observed <= gate.at_most + ROUNDING
        threshold, aside = f"at most {number(gate.at_most)}", f"above {number(gate.at_most)}"
    else:
        band = gate.within or 0.0
        passed = abs(observed - middle) <= band + ROUNDING
        threshold = f"{number(middle - band)} to {number(middle + band)}"
        aside = f"outside {threshold}"
    return Finding(passed, f"{name} is {number(observed)}, {threshold if passed else aside}", threshold, observed)
