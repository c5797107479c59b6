"""Every outside effect: sources, run store, model registry, forecast ledger, sinks."""
