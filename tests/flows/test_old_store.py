"""A store that an older Nightcast left, whole: what it did is kept, and the next night goes on from it.

`tests/old_stores/0001.tar.gz` was made by the Nightcast of 25 November 2026 (commit d122dd6, schema 0001): two nights
of `nightcast run sales.toml`, of 16 and 17 December 2024, of which the first promoted its model.
"""

import sqlite3
import tarfile
from contextlib import closing
from pathlib import Path

import pytest
from present import present

from pages import ROOT
from runs import Stored, run

OLD = ROOT / "tests" / "old_stores" / "0001.tar.gz"
NIGHTS = ("sales.retrain.20241216T000000Z", "sales.retrain.20241217T000000Z")


@pytest.fixture
def pipeline(tmp_path: Path) -> Path:
    """The pipeline file beside the old store."""
    with tarfile.open(OLD) as archive:
        archive.extractall(tmp_path, filter="data")
    return tmp_path / "sales.toml"


def rows_of(file: Path, table: str) -> list[tuple[object, ...]]:
    """The rows of a table, in an order that is always the same; asked without Nightcast."""
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as connection:
        return sorted(connection.execute(f"SELECT * FROM {table}").fetchall(), key=str)


def test_everything_that_was_published_and_promoted_is_still_there(pipeline: Path) -> None:
    """Law: the upgrade changes no row, leaves a copy, and what the old version wrote can be read as anything newer."""
    file = pipeline.parent / "store" / "nightcast.db"
    tables = ("forecasts", "forecasts_current", "promotions", "publications", "verdicts", "deliveries", "runs")
    before = {table: rows_of(file, table) for table in tables}
    stored = Stored(pipeline)
    assert {table: rows_of(file, table) for table in tables} == before
    assert rows_of(file.with_name("nightcast.db.version-0001.backup"), "nightcast_version") == [("0001",)]
    assert (len(before["forecasts"]), len(before["forecasts_current"])) == (2 * 4 * 14, 4 * 15)
    assert stored.champion() == 1
    assert [model.version for model in stored.registry.models("sales")] == [2, 1]
    assert stored.registry.lineage("sales", 1) is None
    assert [present(stored.registry.verdict(night)).promote for night in NIGHTS] == [True, False]
    assert [change.why.split(":")[0] for change in stored.registry.promotions("sales")] == ["Promoted v1"]


def test_the_next_night_is_forecast_by_the_old_champion(pipeline: Path, prefect_server: str) -> None:
    """Its model folder is read as it is, and its night follows the old ones."""
    outcome = run(pipeline, "2024-12-18", kind="forecast")
    assert outcome.exit_code == 0, outcome.sentence
    stored = Stored(pipeline)
    assert stored.methods(outcome) == {"champion"}
    assert set(stored.ledger.run_rows(outcome.run_id)["model_version"].to_pylist()) == {1}
    assert {str(row["cutoff"]) for row in stored.current().to_pylist()} == {"2024-12-15", "2024-12-16", "2024-12-17"}
