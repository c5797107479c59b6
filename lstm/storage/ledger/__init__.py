"""The table of forecasts, and the one transaction that publishes."""
