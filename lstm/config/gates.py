"""[[gates]] and [serving]: the rules that a challenger must pass, and when a baseline serves in a model's place."""

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
    """A rule that a challenger must pass, with exactly one threshold."""

    name: str = Field(
        min_length=1,
        description="What verdicts call the gate. The name of a default gate replaces that one; any other"
        " name adds a gate.",
    )
    metric: MetricName = Field(description=description())
    scope: str = Field(
        "all",
        min_length=1,
        description="What is judged: `all` together, each `target`, or each value of a static covariate "
        "or of a column of the series key. All must pass.",
    )
    against: str | None = Field(
        None,
        description="What the challenger is compared with: `champion` (the model that serves now), `best_baseline`, "
        "`ridge` (the linear regression at which its training began), or one baseline, such as `baseline:naive` or "
        "`baseline:seasonal_naive`. Left out, the metric is compared with a fixed limit.",
    )
    better_by: Annotated[float, Field(ge=0.0, lt=1.0, allow_inf_nan=False)] | None = Field(
        None, description="By how much the challenger must be better than `against`; 0.02 is 2 %."
    )
    not_worse_by: Limit | None = Field(
        None, description="By how much the challenger may be worse than `against`; 0.02 is 2 %."
    )
    confidence: Share | None = Field(
        None,
        description="How sure the comparison must be: with 0.95 the whole 95 % interval of the difference"
        " must keep to `better_by` or `not_worse_by`, not only its middle. The interval comes"
        " from drawing origins and series anew (bootstrap).",
    )
    within: Limit | None = Field(
        None, description="How far a coverage may be from what the band promises, or a bias from zero."
    )
    at_least: Limit | None = Field(None, description="The least `metric` that passes.")
    at_most: Limit | None = Field(None, description="The largest `metric` that passes.")
    more_than: Limit | None = Field(
        None,
        description="What counts as too much for a single series; only for `worse_share`, `beyond_range` "
        "and `first_jump`, whose meaning says of what.",
    )
    interval: tuple[Share, Share] | None = Field(
        None,
        description="The band whose coverage is meant, by its two quantile levels, such as `[0.1, 0.9]`. "
        "Every band when left out.",
    )
    least_points: PositiveInt = Field(
        20, description="How many values must have been scored in each part that is judged; with fewer the gate fails."
    )
    enabled: bool = Field(True, description="Write `false` beside the name of a default gate to switch that gate off.")

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
            raise ValueError(
                f"gate {self.name!r}: within {self.within:g} lets every coverage through; give a number below 1"
            )
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


class Serving(Settings):
    """When a baseline serves a single series in place of the model."""

    per_series_fallback: bool = Field(
        True, description="Serve a series by the seasonal naive where the model was worse than it in the backtest."
    )
    fallback_margin: Annotated[float, Field(ge=0.0, allow_inf_nan=False)] = Field(
        0.1, description="How much larger than the seasonal naive's the error of the model must have been; 0.1 is 10 %."
    )
    fallback_origins: PositiveInt = Field(5, description="Fewest scored origins before a series may fall back.")
    most_beyond_range: Annotated[float, Field(gt=0.0, allow_inf_nan=False)] = Field(
        10.0,
        description="How far a forecast may lie outside the observed range of its series, in multiples of"
        " that range. The seasonal naive serves the series otherwise.",
    )
