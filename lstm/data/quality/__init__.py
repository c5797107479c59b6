"""The quality report of a table: faults, repairs and warnings."""
