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
        description="How many days back forecasts are compared with actuals and shown; never less than two horizons.",
    )
    recent_days: Days = Field(
        14,
        description="How many days of the newest forecasts are judged, of those that came true to their "
        "last step; and how many days of inputs are looked at for drift.",
    )
    fewest_origins: PositiveInt = Field(
        5, description="How many forecasts must have come true, to their last step, before anything is judged."
    )
    fewest_points: PositiveInt = Field(
        20, description="How many single values must have come true before anything is judged."
    )
    worse_by: Limit = Field(0.2, description="How much larger the MASE may be than the backtest promised; 0.2 is 20 %.")
    coverage_within: Annotated[float, Field(gt=0.0, lt=1.0, allow_inf_nan=False)] = Field(
        0.15,
        description="How far the coverage of a band may be from what the band promises: with 0.15, the 80"
        " % band may hold 65 % to 95 % of the actuals.",
    )
    drift_psi: Limit = Field(
        0.25,
        description="An input has drifted when its distribution differs from that in training by more "
        "than this population stability index (PSI).",
    )
    drift_shift: Limit = Field(
        1.0,
        description="An input has drifted when its mean moved by more than this, in standard deviations of training.",
    )
    drift_missing: Share = Field(
        0.1, description="An input has drifted when the share of its missing values rose by more than this."
    )
    retrain: bool = Field(
        False, description="Ask for a retrain when the forecasts are worse than promised, once a day at most."
    )
