"""The regular grid, its steps, and which of them a run may read."""
