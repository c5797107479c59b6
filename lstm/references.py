"""What flows between steps: frozen, small, JSON. A reference names a file and its content, never holds a frame."""

import math
from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

DRY = "dry-"
RunKind = Literal[
    "retrain", "forecast", "rollback", "backfill", "monitor", "dry-retrain", "dry-forecast", "dry-monitor"
]  # fmt: skip


class Reference(BaseModel):
    """Frozen, and refuses keys that it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_inf_nan="strings")


class RunKey(Reference):
    """The identity of a run: pipeline, kind and `as_of`; everything else about it follows.

    as_of: ISO 8601 instant in UTC (`2013-12-30T05:00:00Z`), or the decimal digits of an integer step.
    """

    pipeline: str
    kind: RunKind
    as_of: str

    @property
    def run_id(self) -> str:
        """Readable, sorts by time within a pipeline and kind, safe as a folder name and a primary key."""
        return f"{self.pipeline}.{self.kind}.{self.as_of.replace(':', '').replace('-', '')}"

    @property
    def dry(self) -> bool:
        """Whether the run leaves everything as it is: it publishes, promotes and delivers nothing."""
        return self.kind.startswith(DRY)


class PanelRef(Reference):
    """A panel that ingest left. `fingerprint` is a hash of its content, not of the file's bytes.

    late: steps that the table ends earlier than `quality.freshness` allows. vintages: `vintages.parquet` tells since
    when each observation was known.
    """

    uri: str
    fingerprint: str
    rows_read: int
    series: int
    steps: int
    cutoff: str
    newest: str
    frequency: str
    repairs: int
    warnings: tuple[str, ...] = ()
    late: int = 0
    vintages: bool = False


class WindowsRef(Reference):
    """Windows that the window step left, with their number in each split."""

    uri: str
    fingerprint: str
    train: int
    validation: int
    test: int


class ModelRef(Reference):
    """A trained model in the folder `uri`.

    trained_through: newest target time read by the evaluated weights, their scaling, stopping and calibration.
    served_through: the same of the weights that serve.
    """

    uri: str
    fingerprint: str
    trained_through: str
    served_through: str
    epochs: int
    best_epoch: int
    validation_loss: float
    seconds: float
    stopped: Literal["early", "limit", "deadline"]


class Contract(Reference):
    """What two models must share to be compared or exchanged."""

    targets: tuple[str, ...]
    series: tuple[str, ...]
    horizon: int
    frequency: str
    quantile_levels: tuple[float, ...]

    def differences(self, other: "Contract") -> list[str]:
        """One sentence part a field that differs, such as `horizon was 24, is 48`; `other` is the older contract."""
        mine, theirs = self.model_dump(), other.model_dump()
        return [f"{name} was {theirs[name]}, is {mine[name]}" for name in mine if mine[name] != theirs[name]]


class VersionedModel(Reference):
    """A model in the registry. uri: its folder below the root of all runs."""

    version: int
    run_id: str
    uri: str
    fingerprint: str
    contract: Contract
    trained_through: str

    @property
    def label(self) -> str:
        """`v12`."""
        return f"v{self.version}"


class Champion(VersionedModel):
    """The model that serves a pipeline, as the registry knows it."""

    promoted_at: datetime


class GateOutcome(Reference):
    """What one gate found in one segment. `passed` is None when the gate does not apply, with the reason.

    segment: "" for everything, else such as `target pressure`. against: whom it compares with, as in the pipeline file;
    reference: that one's metric. low, high: ends of the interval of the improvement on the reference, a share; below
    zero is worse.
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
    vintages: Literal["known", "unknown"] = "unknown"


class ForecastRef(Reference):
    """Forecast rows that the forecast step left.

    methods: number of targets of all series by method. failed_series: series of which a target failed.
    """

    uri: str
    fingerprint: str
    rows: int
    series: int
    methods: dict[str, int]
    failed_series: int
    model_version: int | None


class Publication(Reference):
    """What one publish transaction did."""

    run_id: str
    rows: int
    champion_version: int | None
    promoted: bool
    published_at: datetime


class Receipt(Reference):
    """One delivery to one sink."""

    sink: str
    rows: int
    delivered: bool
    message: str = ""


class Outcome(Reference):
    """How a run ended, as the command line and the Prefect state tell it."""

    run_id: str
    exit_code: Literal[0, 1, 2, 3]
    sentence: str
    summary: dict[str, Any] = {}


class Lineage(Reference):
    """Where a model comes from.

    settings: the pipeline file as it was then, without secrets. packages: version by package. parent_version: the
    champion when it was trained, None when there was none.
    """

    panel_fingerprint: str
    windows_fingerprint: str
    settings: dict[str, Any]
    code_version: str
    packages: dict[str, str]
    parent_version: int | None = None


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
