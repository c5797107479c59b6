"""The store database's schema, and its migrations."""
