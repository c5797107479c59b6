"""[serving]: when a series is served by a baseline though a model serves."""

from typing import Annotated

from pydantic import Field

from lstm.config.settings import PositiveInt, Settings


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
