"""Contestants on held-out origins, and their scores."""
