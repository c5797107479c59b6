"""The table of forecasts that came true."""
