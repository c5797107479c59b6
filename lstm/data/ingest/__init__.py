"""A table of rows becomes a panel."""
