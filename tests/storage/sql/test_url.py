"""Where a database URL points, seen from the folder of a pipeline file."""

from pathlib import Path

import pytest

from lstm.storage.sql.url import beside, parse_url, without_secrets

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


def test_a_secret_is_hidden_in_every_mix_of_plain_and_percent_encoded_letters():
    """Drivers and servers quote a URL in spellings of their own."""
    url = parse_url("postgresql://u:p%40s%20s%2Fw%C3%B6rd@host/db?options=-csecret%3D1")
    for spelling in ("p@s s/wörd", "p%40s%20s%2Fw%C3%B6rd", "p%40s+s%2fw%c3%b6rd", "p@s%20s/w%C3%B6rd", "-csecret%3D1"):
        assert without_secrets(f"no {spelling} here", url) == "no *** here"
