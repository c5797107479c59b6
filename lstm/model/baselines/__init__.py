"""Methods that need no training, and those of statsforecast."""
