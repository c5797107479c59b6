"""The run that is asked for, and what it may not hold."""

from datetime import UTC, datetime

import pytest

from lstm.errors import ConfigError
from lstm.steps.job import Job, RunRequest, open_job

NOW = datetime(2024, 4, 30, 5, 17, tzinfo=UTC)
FILE = """
name = "small"
horizon = 2
frequency = "D"
[source]
path = "t.csv"
time = "day"
targets = ["y"]
[store]
url = "block:store"
"""


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "pipeline.toml"
    path.write_text(FILE, encoding="utf-8")
    return str(path)


def test_without_a_moment_a_run_is_as_of_the_day_that_it_was_to_start(file):
    """Floored to the frequency, so that a retry an hour later is the same run."""
    job = open_job(RunRequest(file, "retrain"), now=NOW)
    assert job.key.as_of == "2024-04-30T00:00:00Z"


def test_a_dry_run_has_a_key_of_its_own_and_its_overrides_are_in_force(file):
    job = open_job(RunRequest(file, "retrain", "2024-04-29", {"training.max_epochs": 3}, dry_run=True), now=NOW)
    assert (job.key.kind, job.key.dry, job.pipeline.training.max_epochs) == ("dry-retrain", True, 3)


def test_a_block_is_asked_of_whoever_is_handed_in_and_its_value_is_kept_nowhere(file, tmp_path):
    """Law: settings hold a secret's name, never the secret."""
    asked = []

    def blocks(name):
        asked.append(name)
        return f"sqlite:///{tmp_path / 'secret.db'}"

    job = open_job(RunRequest(file, "retrain"), now=NOW, blocks=blocks)
    job.engine()
    assert asked == ["store"]
    assert "secret.db" not in job.model_dump_json() + repr(job)
    assert Job.model_validate_json(job.model_dump_json()).key == job.key


def test_without_prefect_a_block_is_refused_with_what_to_do(file):
    with pytest.raises(ConfigError, match=r"block:store: only a flow of Prefect can read blocks.*env:NAME"):
        open_job(RunRequest(file, "retrain"), now=NOW).engine()
