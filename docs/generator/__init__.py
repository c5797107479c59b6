"""Writes the pages of docs/reference from what the code says of itself: `python -m docs.generator`, or `make docs`."""
