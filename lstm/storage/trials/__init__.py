"""The database of a tuning's trials."""
