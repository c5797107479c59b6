"""A night whose panel is larger than a training reads and than a shard holds: all series are forecast all the same."""

import json
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest

from lstm.compute import kept_parts
from lstm.evaluation.backtest import contest, window_blocks
from lstm.model.serving import shards
from lstm.steps.job import RunRequest, open_job
from lstm.steps.night import night
from lstm.storage.runs.run_folder import StoredCheckpoints

pytestmark = pytest.mark.slow

SERIES, DAYS = 12, 90
PIPELINE = """
name = "many"
horizon = 3
[source]
path = "table/*.csv"
series = ["id"]
time = "day"
targets = ["y"]
[model]
members = 1
look_back = 14
[training]
max_epochs = 2
epoch_steps = 3
most_steps = 400
"""


@pytest.fixture
def pipeline(tmp_path):
    """Twelve series of 90 days with a weekly season, two in each file."""
    rng, first = np.random.default_rng(1), date(2024, 1, 1)
    (tmp_path / "table").mkdir()
    for place in range(0, SERIES, 2):
        rows = ["id,day,y"]
        for series in (place, place + 1):
            values = 50 + 10 * np.sin(2 * np.pi * np.arange(DAYS) / 7) + rng.normal(size=DAYS)
            rows += [f"s{series:02d},{first + timedelta(days=day)},{value:.3f}" for day, value in enumerate(values)]
        (tmp_path / "table" / f"{place:02d}.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    file = tmp_path / "many.toml"
    file.write_text(PIPELINE, encoding="utf-8")
    return str(file)


def published(pipeline: str) -> list[dict[str, object]]:
    job = open_job(RunRequest(pipeline, "retrain", "2024-03-31", {}, False), now=datetime.now(UTC))
    rows: list[dict[str, object]] = job.ledger().run_rows(job.key.run_id).drop(["written_at"]).to_pylist()
    return rows


def test_some_series_are_trained_on_and_all_are_forecast(pipeline, tmp_path):
    """400 steps hold four series of 93; the card says so, and which series these are is decided by the seed."""
    outcome = night(pipeline, "2024-03-31")
    assert outcome.exit_code == 0, outcome.sentence
    rows = published(pipeline)
    assert {row["id"] for row in rows} == {f"s{place:02d}" for place in range(SERIES)}
    (card,) = tmp_path.glob("**/model/model.json")
    choices = {choice["name"]: choice["value"] for choice in json.loads(card.read_text())["choices"]}
    assert choices["series trained on"] == "4 of 12"


def test_a_night_that_is_killed_between_blocks_and_shards_goes_on_to_the_same_bits(pipeline, tmp_path, monkeypatch):
    """Killed as the third block of the backtest and the third shard of the forecast are kept; nothing stays of them."""
    whole_folder = tmp_path / "whole"
    whole_folder.mkdir()
    (whole_folder / "table").symlink_to(tmp_path / "table")
    (whole_folder / "many.toml").write_text(PIPELINE, encoding="utf-8")
    night(str(whole_folder / "many.toml"), "2024-03-31")
    monkeypatch.setattr(window_blocks, "BLOCK_BYTES", 1)
    monkeypatch.setattr(shards, "SHARD_STEPS", 1)
    monkeypatch.setattr(contest, "KEPT_FROM", 0)
    monkeypatch.setattr(kept_parts, "SECONDS_BETWEEN", 0.0)
    write, kills = StoredCheckpoints.write, [2, 2]
    written: list[str] = []

    def killed(keeper, name, content):
        if keeper.ending == ".npz":
            if kills and kills[0] == 0:
                kills.pop(0)
                raise KeyboardInterrupt
            if kills:
                kills[0] -= 1
            written.append(f"{keeper.folder}/{name}")
        write(keeper, name, content)

    monkeypatch.setattr(StoredCheckpoints, "write", killed)
    for _ in range(2):
        with pytest.raises(KeyboardInterrupt):
            night(pipeline, "2024-03-31")
    outcome = night(pipeline, "2024-03-31")
    assert outcome.exit_code == 0, outcome.sentence
    assert published(pipeline) == published(str(whole_folder / "many.toml"))
    assert len(written) == len(set(written)) == 2 * SERIES
    assert not list((tmp_path / "store").glob("runs/*/parts/*/*"))
