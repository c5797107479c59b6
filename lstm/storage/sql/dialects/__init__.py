"""A module a database: what it can do, how it is spoken to, and which of its failures pass."""
