"""Models, champions, promotions, verdicts, runs and leases, in the store database."""
