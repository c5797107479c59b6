"""A module a format: each writes its files of a model into a folder, and answers how these forecast."""
