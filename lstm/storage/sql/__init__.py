"""The ground for databases: connections, dialects, column types, bulk loads, upserts."""
