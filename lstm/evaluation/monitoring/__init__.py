"""How published forecasts came true, against what the backtest promised; drift."""
