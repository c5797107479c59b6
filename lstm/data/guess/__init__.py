"""`nightcast init`: what a table seems to be, decided on a sample, each decision with its reason."""
