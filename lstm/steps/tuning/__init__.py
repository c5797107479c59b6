"""What `nightcast tune` does: search, training of the best, its judgement, the report, the lines of the file."""
