"""From a table of observations to a regular panel and its windows."""
