"""[[gates]]: the rules that a challenger must pass."""

import re
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from lstm.config.settings import PositiveInt, Settings

ERROR_METRICS = ("mae", "rmse", "smape", "mase", "wql")
SCORE_METRICS = (*ERROR_METRICS, "coverage", "bias", "points", "series", "worse_share")
FORECAST_METRICS = ("not_finite", "beyond_range", "first_jump")
RUN_METRICS = ("late", "missing_share", "set_aside_share", "finite_losses", "best_epoch")
COUNTED = ("worse_share", "beyond_range", "first_jump")
SHARES = ("coverage", "worse_share", *FORECAST_METRICS, "missing_share", "set_aside_share", "finite_losses")
# What every contest has; those of statsforecast come where `evaluation.baselines` asks for them.
ALWAYS_THERE = ("naive", "seasonal_naive", "seasonal_average", "ridge")
RIVALS = re.compile(r"champion|best_baseline|ridge|baseline:[a-z_]+")

Share = Annotated[float, Field(gt=0.0, lt=1.0, allow_inf_nan=False)]
Limit = Annotated[float, Field(ge=0.0, allow_inf_nan=False)]


class Gate(Settings):
    """A rule that a challenger must pass in every segment of its scope. Exactly one threshold."""

    name: str = Field(
        min_length=1, description="As it is told in verdicts; that of a default gate replaces it, others add a gate."
    )
    metric: Literal[
        "mae", "rmse", "smape", "mase", "wql", "coverage", "bias", "points", "series", "worse_share",
        "not_finite", "beyond_range", "first_jump",
        "late", "missing_share", "set_aside_share", "finite_losses", "best_epoch",
    ] = Field(
        description="On held-out points: an error, `coverage`, `bias` (mean signed error by the unit of MASE), how "
        "many `points` and `series` were scored, `worse_share` (share of series whose MASE is more than `more_than` "
        "worse than that of `against`). Of tonight's forecasts: share of series that are `not_finite`, leave the range "
        "of their history by `more_than` ranges (`beyond_range`), or begin `more_than` times their largest change away "
        "from their last value (`first_jump`). Of the run: steps that the table is `late`, `missing_share` of the "
        "targets, `set_aside_share` of the rows, share of `finite_losses`, the `best_epoch` of training."
    )  # fmt: skip
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
        (threshold,) = given
        relative = threshold in ("better_by", "not_worse_by")
        if relative and self.metric not in ERROR_METRICS:
            raise ValueError(f"gate {self.name!r}: {threshold} needs an error metric ({', '.join(ERROR_METRICS)})")
        if (relative or self.metric == "worse_share") != (self.against is not None):
            raise ValueError(
                f"gate {self.name!r}: better_by, not_worse_by and worse_share compare, so they go with `against`; the "
                "others without"
            )
        if threshold == "within" and self.metric not in ("coverage", "bias"):
            raise ValueError(f"gate {self.name!r}: within is for the metrics coverage and bias")
        if self.metric == "bias" and threshold != "within":
            raise ValueError(f"gate {self.name!r}: a bias has two signs; bound it by within")
        if self.metric == "coverage" and self.within is not None and self.within >= 1.0:
            raise ValueError(f"gate {self.name!r}: within {self.within:g} lets every coverage through; it is below 1")
        return self

    @model_validator(mode="after")
    def _the_rest_fits_the_metric(self) -> Self:
        if self.against is not None and not RIVALS.fullmatch(self.against):
            raise ValueError(
                f"gate {self.name!r}: against is champion, best_baseline, ridge or baseline:NAME, not {self.against!r}"
            )
        if self.confidence is not None and self.better_by is None and self.not_worse_by is None:
            raise ValueError(f"gate {self.name!r}: confidence goes with better_by or not_worse_by")
        if (self.more_than is not None) != (self.metric in COUNTED):
            raise ValueError(f"gate {self.name!r}: more_than is for {', '.join(COUNTED)}, and these need it")
        if self.interval is not None and self.metric != "coverage":
            raise ValueError(f"gate {self.name!r}: interval is for the metric coverage")
        if self.interval is not None and (abs(sum(self.interval) - 1.0) > 1e-9 or self.interval[0] >= self.interval[1]):
            raise ValueError(
                f"gate {self.name!r}: the levels of an interval are symmetric, the lower one first, such as [0.1, 0.9]"
            )
        if self.metric in SHARES and self.at_least is not None and self.at_least > 1.0:
            raise ValueError(f"gate {self.name!r}: {self.metric} is a share, so at_least is at most 1")
        if self.scope != "all" and self.metric in RUN_METRICS:
            raise ValueError(f"gate {self.name!r}: {self.metric} is of the whole run, so its scope is all")
        return self


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
