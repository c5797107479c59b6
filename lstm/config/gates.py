"""[[gates]]: the rules that a challenger must pass."""

import re
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from lstm.config.settings import PositiveInt, Settings
from lstm.gate_metrics import ERROR_METRICS, METRICS, Metric, description

# What every contest has; those of statsforecast come where `evaluation.baselines` asks for them.
ALWAYS_THERE = ("naive", "seasonal_naive", "seasonal_average", "ridge")
RIVALS = re.compile(r"champion|best_baseline|ridge|baseline:[a-z_]+")

Share = Annotated[float, Field(gt=0.0, lt=1.0, allow_inf_nan=False)]
Limit = Annotated[float, Field(ge=0.0, allow_inf_nan=False)]
if TYPE_CHECKING:
    MetricName = str
else:
    MetricName = Literal[tuple(METRICS)]


class Gate(Settings):
    """A rule that a challenger must pass in every segment of its scope. Exactly one threshold."""

    name: str = Field(
        min_length=1, description="As it is told in verdicts; that of a default gate replaces it, others add a gate."
    )
    metric: MetricName = Field(description=description())
    scope: str = Field(
        "all",
        min_length=1,
        description="`all`, or one judgement for each `target`, each value of a static covariate or of a key column.",
    )
    against: str | None = Field(
        None,
        description="`champion`, `best_baseline`, `ridge` (the regression that training began from, which is not among "
        "the best baselines), or a baseline such as `baseline:naive`.",
    )
    better_by: Annotated[float, Field(ge=0.0, lt=1.0, allow_inf_nan=False)] | None = Field(
        None, description="Share by which the challenger must be better than `against`."
    )
    not_worse_by: Limit | None = Field(None, description="Share by which the challenger may be worse than `against`.")
    confidence: Share | None = Field(
        None,
        description="The whole interval of the difference must keep the threshold, not only its middle: a block "
        "bootstrap over origins and series.",
    )
    within: Limit | None = Field(
        None, description="Largest distance of a coverage from what is promised, or of a bias from zero."
    )
    at_least: Limit | None = Field(None, description="Least value of `metric` that passes.")
    at_most: Limit | None = Field(None, description="Largest value of `metric` that passes.")
    more_than: Limit | None = Field(None, description="See `worse_share`, `beyond_range` and `first_jump`.")
    interval: tuple[Share, Share] | None = Field(
        None, description="Levels of the interval whose coverage is meant; every interval of the levels if left out."
    )
    least_points: PositiveInt = Field(20, description="Scored points that a segment needs; with fewer the gate fails.")
    enabled: bool = Field(True, description="`false`, beside the name of a default gate, switches that one off.")

    @model_validator(mode="before")
    @classmethod
    def _a_default_is_switched_off_by_its_name(cls, given: Any) -> Any:
        if isinstance(given, dict) and set(given) == {"name", "enabled"} and given["enabled"] is False:
            return next((gate.model_dump() for gate in DEFAULT_GATES if gate.name == given["name"]), {}) | given
        return given

    @model_validator(mode="after")
    def _one_threshold_that_fits(self) -> Self:
        thresholds = ("better_by", "not_worse_by", "within", "at_least", "at_most")
        given = [name for name in thresholds if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError(f"gate {self.name!r} needs exactly one of {', '.join(thresholds)}, not {given or 'none'}")
        (threshold,), metric = given, METRICS[self.metric]
        relative = threshold in ("better_by", "not_worse_by")
        if relative and threshold not in metric.thresholds:
            raise ValueError(f"gate {self.name!r}: {threshold} needs an error metric ({', '.join(ERROR_METRICS)})")
        if (relative or metric.compares) != (self.against is not None):
            raise ValueError(
                f"gate {self.name!r}: better_by, not_worse_by and worse_share compare, so they go with `against`; the "
                "others without"
            )
        if threshold == "within" and threshold not in metric.thresholds:
            bounded = " and ".join(name for name, metric in METRICS.items() if "within" in metric.thresholds)
            raise ValueError(f"gate {self.name!r}: within is for the metrics {bounded}")
        if threshold not in metric.thresholds:
            raise ValueError(f"gate {self.name!r}: a {metric.title} has two signs; bound it by within")
        if metric.better == "promised" and self.within is not None and self.within >= 1.0:
            raise ValueError(f"gate {self.name!r}: within {self.within:g} lets every coverage through; it is below 1")
        return self

    @model_validator(mode="after")
    def _the_rest_fits_the_metric(self) -> Self:
        metric = METRICS[self.metric]
        if self.against is not None and not RIVALS.fullmatch(self.against):
            raise ValueError(
                f"gate {self.name!r}: against is champion, best_baseline, ridge or baseline:NAME, not {self.against!r}"
            )
        if self.confidence is not None and self.better_by is None and self.not_worse_by is None:
            raise ValueError(f"gate {self.name!r}: confidence goes with better_by or not_worse_by")
        if (self.more_than is not None) != metric.counts:
            counts = ", ".join(name for name, metric in METRICS.items() if metric.counts)
            raise ValueError(f"gate {self.name!r}: more_than is for {counts}, and these need it")
        self._interval_fits(metric)
        if metric.unit == "share" and self.at_least is not None and self.at_least > 1.0:
            raise ValueError(f"gate {self.name!r}: {self.metric} is a share, so at_least is at most 1")
        if metric.source == "run" and self.scope != "all":
            raise ValueError(f"gate {self.name!r}: {self.metric} is of the whole run, so its scope is all")
        return self

    def _interval_fits(self, metric: Metric) -> None:
        if self.interval is None:
            return
        if metric.better != "promised":
            raise ValueError(f"gate {self.name!r}: interval is for the metric coverage")
        if abs(sum(self.interval) - 1.0) > 1e-9 or self.interval[0] >= self.interval[1]:
            raise ValueError(
                f"gate {self.name!r}: the levels of an interval are symmetric, the lower one first, such as [0.1, 0.9]"
            )


DEFAULT_GATES = (
    Gate(name="beats the baselines", metric="mase", against="best_baseline", better_by=0.02),
    Gate(name="not worse than ridge", metric="mase", against="ridge", not_worse_by=0.02),
    Gate(name="better than the champion", metric="mase", against="champion", better_by=0.0, confidence=0.95),
    Gate(name="few series got worse", metric="worse_share", against="champion", more_than=0.25, at_most=0.25),
    Gate(name="coverage", metric="coverage", within=0.15),
    Gate(name="enough scored points", metric="points", at_least=20),
    Gate(name="forecasts are finite", metric="not_finite", at_most=0.0),
    Gate(name="forecasts stay in range", metric="beyond_range", more_than=1.0, at_most=0.05),
    Gate(name="no jump at the first step", metric="first_jump", more_than=3.0, at_most=0.05),
    Gate(name="fresh data", metric="late", at_most=0.0),
    Gate(name="observed data", metric="missing_share", at_most=0.8),
    Gate(name="finite losses", metric="finite_losses", at_least=1.0),
    Gate(name="training learnt", metric="best_epoch", at_least=1.0),
)
