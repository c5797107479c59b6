"""The names of flow runs."""

from datetime import UTC, datetime

import pytest

from flows.runs.naming import name_of

FILE = """
name = "sales"
horizon = 7
frequency = "{frequency}"
time_zone = "America/New_York"
[source]
path = "sales.csv"
time = "at"
targets = ["y"]
"""
LATE = datetime(2013, 12, 31, 3, 30, tzinfo=UTC)  # still the 30th in New York


@pytest.mark.parametrize(
    ("kind", "frequency", "given", "name"),
    [
        ("retrain", "D", {}, "retrain-sales-2013-12-30"),
        ("retrain", "h", {}, "retrain-sales-2013-12-30"),
        ("monitor", "h", {}, "monitor-sales-2013-12-30"),
        ("forecast", "D", {}, "forecast-sales-2013-12-30"),
        ("forecast", "h", {}, "forecast-sales-2013-12-30T22:30"),
        ("retrain", "D", {"as_of": " 2013-12-01 "}, "retrain-sales-2013-12-01"),
        ("retrain", "D", {"as_of": "", "dry_run": True}, "dry-run-retrain-sales-2013-12-30"),
    ],
)
def test_a_run_is_called_by_kind_pipeline_and_day_in_the_pipelines_zone(tmp_path, kind, frequency, given, name):
    """A forecast of an hourly pipeline has its time too, for there are many a day."""
    file = tmp_path / "pipeline.toml"
    file.write_text(FILE.format(frequency=frequency))
    assert name_of(kind, {"pipeline": str(file)} | given, LATE) == name


def test_a_run_of_a_file_that_cannot_be_read_has_a_name_all_the_same(tmp_path):
    assert name_of("retrain", {"pipeline": str(tmp_path / "sales.toml")}, LATE) == "retrain-sales-2013-12-31"
