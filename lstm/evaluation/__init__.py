"""What a forecast is worth: metrics, backtest and gates."""
