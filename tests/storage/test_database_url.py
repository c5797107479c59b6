"""Where a database URL points, seen from the folder of a pipeline file."""

from pathlib import Path

import pytest

from lstm.storage.database_url import beside

FOLDER = Path("/pipelines")


@pytest.mark.parametrize(
    ("url", "seen"),
    [
        ("sqlite:///t.db", "sqlite:////pipelines/t.db"),
        ("sqlite+pysqlite:///data/t.db", "sqlite+pysqlite:////pipelines/data/t.db"),
        ("sqlite:///../t.db", "sqlite:////t.db"),
        ("sqlite:////elsewhere/t.db", "sqlite:////elsewhere/t.db"),
        ("sqlite://", "sqlite://"),
        ("postgresql://user@host/database", "postgresql://user@host/database"),
    ],
)
def test_a_relative_sqlite_file_is_seen_from_the_pipeline_file(url, seen):
    """Law: in every spelling of the driver; absolute files, memory and servers stay as they are."""
    assert beside(url, FOLDER) == seen
