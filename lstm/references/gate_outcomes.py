"""What the gates decided: their outcomes, the scores behind them, and the verdict."""

import math
from typing import Literal

from lstm.contestants import CHALLENGER, CHAMPION
from lstm.references.reference import Reference


class GateOutcome(Reference):
    """What one gate found in one segment. `passed` is None when the gate does not apply, with the reason.

    segment: "" for everything, else such as `target pressure`. against: whom it compares with, as in the pipeline file;
    reference: that one's metric. low, high: ends of the interval of the improvement on the reference, a share; below
    zero is worse. stand_in: the same metric of whoever would serve in the challenger's place, where the limit is fixed.
    excused: failed, but whoever would serve instead is no better in it.
    """

    name: str
    metric: str = ""
    segment: str = ""
    against: str = ""
    passed: bool | None
    observed: float | None = None
    reference: float | None = None
    low: float | None = None
    high: float | None = None
    threshold: str = ""
    reason: str
    stand_in: float | None = None
    excused: bool = False


class MethodScores(Reference):
    """Scores of a contestant over all series and targets; NaN where undefined. See `backtest.metrics`."""

    method: str
    points: int
    series: int = 0
    mae: float
    rmse: float
    smape: float
    mase: float
    wql: float
    coverage: float
    bias: float = math.nan


class Verdict(Reference):
    """What the gates decided.

    promote: `promoted_version` becomes champion: the challenger, or the best baseline where the champion is worse than
    that. champion_version: the champion that was judged. champion_seen: the champion in the registry at that moment,
    judged or not (its contract may be another). serve: who forecasts tonight, `challenger`, `champion` or
    `baseline:NAME`.
    vintages: whether the origins could be replayed with what was known at their own time.
    fault: what a promoted challenger falls short of, as whoever would have served instead does too; else empty.
    failed_step: the step that did not come to an end, where one did not; the verdict then fails every gate.
    """

    run_id: str
    promote: bool
    promoted_version: int | None = None
    serve: str
    challenger_version: int | None
    champion_version: int | None
    champion_seen: int | None = None
    best_baseline: str | None
    gates: tuple[GateOutcome, ...]
    scores: tuple[MethodScores, ...]
    origins: int
    sentence: str
    failed_step: str | None = None
    fault: str = ""
    vintages: Literal["known", "unknown"] = "unknown"

    def version_of(self, method: str) -> int | None:
        """The version that was judged as `challenger` or `champion`; None of any other method."""
        return {CHALLENGER: self.challenger_version, CHAMPION: self.champion_version}.get(method)
