"""Who forecasts which series, and whether the forecast is sane."""
