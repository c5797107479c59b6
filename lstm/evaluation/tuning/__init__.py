"""Settings that are tried: the space of them, and how a trial is scored."""
