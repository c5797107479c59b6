"""The ground for files: written whole or not at all, by processes that are told apart."""
