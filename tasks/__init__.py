"""One retryable Prefect task a step; each has one outside effect and one call into `lstm`."""
