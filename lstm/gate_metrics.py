"""What a gate may ask for: a line a metric, which every other module reads."""

from dataclasses import dataclass
from typing import Literal, NamedTuple


class Formula(NamedTuple):
    """How an error metric follows from sums over held-out points: the sum of `error` over the sum of `per`.

    error, per: names in `lstm.evaluation.backtest.metrics.STEP_SUMS`. finish: `none`, the `root` of the quotient, or
    `scaled`: the mean over series and targets of each one's own quotient by its seasonal scale.
    """

    error: str
    per: str = "points"
    finish: Literal["none", "root", "scaled"] = "none"


@dataclass(frozen=True)
class Metric:
    """A metric as pipeline files, verdicts and tables of scores know it.

    title: in sentences; of tonight's forecasts a relative clause about series, with {} for the gate's `more_than`.
    source: held-out `points`, the forecasts of `tonight`, or the `run` as a whole. unit: `scale` is that of MASE.
    better: `lower`; near `zero`; near what is `promised`; None where a metric is no merit of a forecast.
    meaning: for the description of the key, the title where there is none.
    formula: of what is a quotient of sums. compares: one number of two contestants. counts: of series that exceed
    the gate's `more_than`. of_data: where it fails its gate, the data or the number of points is in doubt.
    """

    name: str
    title: str
    source: Literal["points", "tonight", "run"]
    unit: Literal["target", "percent", "scale", "share", "count", "none"]
    better: Literal["lower", "zero", "promised"] | None = None
    meaning: str = ""
    formula: Formula | None = None
    compares: bool = False
    counts: bool = False
    of_data: bool = False

    @property
    def thresholds(self) -> tuple[str, ...]:
        """The keys of a gate that may bound it."""
        bounds = ("at_least", "at_most")
        return {
            "lower": ("better_by", "not_worse_by", *bounds),
            "zero": ("within",),
            "promised": ("within", *bounds),
            None: bounds,
        }[self.better]


_LINES = (
    Metric("mae", "MAE", "points", "target", "lower", "mean absolute error", Formula("absolute")),
    Metric("rmse", "RMSE", "points", "target", "lower", "root mean squared error", Formula("squared", finish="root")),
    Metric("smape", "sMAPE", "points", "percent", "lower", "symmetric percentage error", Formula("percentage")),
    Metric(
        "mase", "MASE", "points", "scale", "lower",
        "mean absolute error, in units of the seasonal naive's in training", Formula("absolute", finish="scaled"),
    ),
    Metric("wql", "weighted quantile loss", "points", "none", "lower", formula=Formula("quantile", per="size")),
    Metric("coverage", "coverage", "points", "share", "promised", "share of points inside of an interval"),
    Metric(
        "bias", "bias", "points", "scale", "zero",
        "mean signed error by the unit of MASE", Formula("signed", finish="scaled"),
    ),
    Metric("points", "number of scored points", "points", "count", of_data=True),
    Metric("series", "number of scored series", "points", "count", of_data=True),
    Metric(
        "worse_share", "share of series that got worse", "points", "share", compares=True, counts=True,
        meaning="share of series whose MASE is more than `more_than` worse than that of `against`",
    ),
    Metric("not_finite", "whose forecast of tonight is not finite", "tonight", "share"),
    Metric(
        "beyond_range", "that leave the range of their history by more than {} times that range", "tonight", "share",
        counts=True,
    ),
    Metric(
        "first_jump", "that begin more than {} times their largest change away from their last value", "tonight",
        "share", counts=True,
    ),
    Metric("late", "number of steps that the table is late", "run", "count", of_data=True),
    Metric("missing_share", "share of targets that are missing", "run", "share", of_data=True),
    Metric("set_aside_share", "share of rows that were set aside", "run", "share", of_data=True),
    Metric("finite_losses", "share of epochs with finite losses", "run", "share"),
    Metric("best_epoch", "best epoch of training", "run", "count"),
)  # fmt: skip

METRICS = {metric.name: metric for metric in _LINES}
FORMULAS = {metric.name: metric.formula for metric in _LINES if metric.formula is not None}
ERROR_METRICS = tuple(metric.name for metric in _LINES if metric.better == "lower")


def description() -> str:
    """Every metric with its meaning, for the reference of pipeline files."""

    def of(source: str) -> str:
        return ", ".join(
            f"`{metric.name}` ({(metric.meaning or metric.title).format('`more_than`')})"
            for metric in _LINES
            if metric.source == source
        )

    return (
        f"Of the held-out points: {of('points')}. Of tonight's forecasts, the share of series: {of('tonight')}. "
        f"Of the run: {of('run')}."
    )
