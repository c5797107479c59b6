"""From a frame to a frame: fit, predict, backtest, save and load, by the steps of a night."""
