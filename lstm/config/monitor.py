"""[monitor]: how far back realised forecasts are looked at, and when they count as worse than promised."""

from typing import Annotated

from pydantic import Field

from lstm.config.settings import PositiveInt, Settings, Share

# A century; far more would leave the calendar.
Days = Annotated[int, Field(ge=1, le=36_525, strict=True)]
Limit = Annotated[float, Field(gt=0.0, allow_inf_nan=False)]


class Monitor(Settings):
    """What `nightcast monitor` judges, and what it does about it."""

    days: Days = Field(
        60,
        description="Days before the cutoff whose forecasts are joined and shown; at least two horizons.",
    )
    recent_days: Days = Field(
        14,
        description="Days of the newest complete forecasts, which are judged; and of the inputs that may drift.",
    )
    fewest_origins: PositiveInt = Field(5, description="Complete forecasts below which nothing is judged.")
    fewest_points: PositiveInt = Field(20, description="Scored steps below which nothing is judged.")
    worse_by: Limit = Field(0.2, description="Share by which the realised MASE may exceed the one of the backtest.")
    coverage_within: Annotated[float, Field(gt=0.0, lt=1.0, allow_inf_nan=False)] = Field(
        0.15, description="Largest distance of an interval's realised coverage from what it promises."
    )
    drift_psi: Limit = Field(0.25, description="Population stability index of an input above which it has drifted.")
    drift_shift: Limit = Field(
        1.0, description="Shift of an input's mean, in standard deviations, above which it has drifted."
    )
    drift_missing: Share = Field(0.1, description="Rise of an input's share of missing values that counts as drift.")
    retrain: bool = Field(
        False, description="Ask for a retrain when the forecasts are worse than promised, once a day at most."
    )
