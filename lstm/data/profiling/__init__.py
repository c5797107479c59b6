"""`nightcast init`: what a table seems to be, concluded from a sample, each conclusion with its reason."""
