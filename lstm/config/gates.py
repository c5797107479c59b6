"""[[gates]]: the rules that a challenger must pass."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from lstm.config.settings import Settings

SMALLER_IS_BETTER = ("mae", "rmse", "smape", "mase", "wql")


class Gate(Settings):
    """A rule that a challenger must pass. Exactly one threshold; which ones fit depends on the metric."""

    name: str = Field(min_length=1)
    metric: Literal["mae", "rmse", "smape", "mase", "wql", "coverage", "points"]
    against: Literal["best_baseline", "ridge", "champion"] | None = Field(
        None, description="`ridge`: the regression that training began from; `best_baseline`: the best of the others."
    )
    better_by: Annotated[float, Field(ge=0.0, lt=1.0, allow_inf_nan=False)] | None = Field(
        None, description="Share by which the challenger must be better than `against`."
    )
    not_worse_by: Annotated[float, Field(ge=0.0, allow_inf_nan=False)] | None = Field(
        None, description="Share by which the challenger may be worse than `against`."
    )
    within: Annotated[float, Field(gt=0.0, lt=1.0, allow_inf_nan=False)] | None = Field(
        None, description="Largest distance of the coverage from its nominal value."
    )
    at_least: Annotated[float, Field(ge=0.0, allow_inf_nan=False)] | None = None
    at_most: Annotated[float, Field(ge=0.0, allow_inf_nan=False)] | None = None
    enabled: bool = True

    @model_validator(mode="after")
    def _one_threshold_that_fits(self) -> Self:
        thresholds = ("better_by", "not_worse_by", "within", "at_least", "at_most")
        given = [name for name in thresholds if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError(f"gate {self.name!r} needs exactly one of {', '.join(thresholds)}, not {given or 'none'}")
        relative = given[0] in ("better_by", "not_worse_by")
        if relative != (self.against is not None):
            raise ValueError(
                f"gate {self.name!r}: better_by and not_worse_by compare, so they go with `against`; the others without"
            )
        if relative and self.metric not in SMALLER_IS_BETTER:
            raise ValueError(f"gate {self.name!r}: {given[0]} needs an error metric ({', '.join(SMALLER_IS_BETTER)})")
        if given[0] == "within" and self.metric != "coverage":
            raise ValueError(f"gate {self.name!r}: within is for the metric coverage")
        return self


DEFAULT_GATES = (
    Gate(name="beats the baselines", metric="mase", against="best_baseline", better_by=0.02),
    Gate(name="not worse than ridge", metric="mase", against="ridge", not_worse_by=0.02),
    Gate(name="not worse than the champion", metric="mase", against="champion", not_worse_by=0.0),
    Gate(name="coverage", metric="coverage", within=0.15),
    Gate(name="enough scored points", metric="points", at_least=20),
)
