"""What was found in a table, and what was done about it."""
