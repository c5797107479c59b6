"""From windows to a forecaster: plan, members, probe, warm start, refit."""
