"""A pipeline file names where a secret is, never the secret."""

import pytest

from lstm.config import load_pipeline, secret
from lstm.errors import ConfigError


def test_a_password_in_a_url_of_the_file_is_refused_and_not_repeated(refusal, pipeline_file):
    """It belongs into an environment variable or a secret block; a URL without one may stand here."""
    said = refusal(part='path = "t.csv"', by='url = "postgresql://u:s3cr@et@h/d"\ntable = "t"')
    assert "source.url: holds a password" in said
    assert "s3cr" not in said
    pipeline_file.write_text(pipeline_file.read_text(encoding="utf-8").replace(":s3cr@et", ""), encoding="utf-8")
    assert load_pipeline(pipeline_file).source.url == "postgresql://u@h/d"


def test_a_reference_is_read_where_it_points(monkeypatch):
    """A variable, a block, or the text itself."""
    monkeypatch.setenv("NIGHTCAST_TEST_URL", "sqlite:///a.db")
    assert secret("env:NIGHTCAST_TEST_URL") == "sqlite:///a.db"
    assert secret("block:warehouse", blocks={"warehouse": "sqlite:///b.db"}.get) == "sqlite:///b.db"
    assert secret("sqlite:///c.db") == "sqlite:///c.db"


@pytest.mark.parametrize(
    ("reference", "message"),
    [
        ("env:NIGHTCAST_NOT_SET", "the environment variable NIGHTCAST_NOT_SET is not set"),
        ("block:warehouse", "a Secret block is Prefect's and cannot be read without it"),
    ],
)
def test_a_reference_to_nothing_is_refused_by_its_name(reference, message):
    """With what to do."""
    with pytest.raises(ConfigError, match=f"{reference}: .*{message}"):
        secret(reference)
