"""Readers of CSV, Parquet and SQL: whatever a table looks like, its rows."""
