"""How a run begins in Prefect, what it is called, and how its end is told."""
