"""How forecasts came true, as a run of the monitor found."""

from typing import Any

from lstm.references.gate_outcomes import GateOutcome
from lstm.references.reference import Reference


class RealisedScores(Reference):
    """How the forecasts of one model came true; NaN where undefined. See `lstm.evaluation.monitoring.realised_scores`.

    label: `v2`, `seasonal naive baseline`, or `as served` for all of them together. kind: `served` or `backfill`.
    points, origins: scored steps, and forecasts (cutoffs) that they come from. naive_mase: of the seasonal naive on the
    same points. promised_mase, promised_coverage: of the backtest.
    """

    label: str
    kind: str
    points: int
    origins: int
    mae: float
    mase: float
    naive_mase: float
    wql: float
    coverage: float
    bias: float
    promised_mase: float
    promised_coverage: float
    since: str
    through: str


class InputDrift(Reference):
    """The newest days of an input against what the model was trained on; see `lstm.evaluation.monitoring.drift`.

    NaN where undefined. usual_psi, usual_shift: the largest of any stretch of equal length within training.
    """

    name: str
    role: str
    psi: float
    usual_psi: float
    shift: float
    usual_shift: float
    missing: float
    usual_missing: float
    drifted: bool
    reason: str


class Accuracy(Reference):
    """What a run of the monitor found.

    degraded: None where there is too little to judge. judged: whose forecasts were judged. checks: as gates are told.
    due: forecast steps whose time has come; waiting: those whose actual has not; failed: those without a forecast.
    added, revised: rows of the table of realised forecasts that this run wrote anew or scored again. grid: fields of
    the panel's `Frequency`.
    """

    run_id: str
    cutoff: str
    grid: dict[str, Any]
    degraded: bool | None
    judged: str
    sentence: str
    checks: tuple[GateOutcome, ...] = ()
    models: tuple[RealisedScores, ...] = ()
    drift: tuple[InputDrift, ...] = ()
    worst: tuple[str, ...] = ()
    due: int = 0
    waiting: int = 0
    failed: int = 0
    added: int = 0
    revised: int = 0
