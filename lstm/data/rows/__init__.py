"""Cells to values: the rows of a source, their numbers, and the series that each belongs to."""
