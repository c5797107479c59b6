"""[serving]: when a series is served by a baseline though a model serves."""

from typing import Annotated

from pydantic import Field

from lstm.config.settings import PositiveInt, Settings


class Serving(Settings):
    """What keeps single series safe, whoever serves."""

    per_series_fallback: bool = Field(
        True, description="Serve a series by the seasonal naive where the model was worse than that in the backtest."
    )
    fallback_margin: Annotated[float, Field(ge=0.0, allow_inf_nan=False)] = Field(
        0.1, description="Share by which the model's error must have been larger."
    )
    fallback_origins: PositiveInt = Field(5, description="Scored origins of the series below which that says nothing.")
    most_beyond_range: Annotated[float, Field(gt=0.0, allow_inf_nan=False)] = Field(
        10.0,
        description="Largest distance of a forecast from all that was observed of its series, in widths of that range.",
    )
