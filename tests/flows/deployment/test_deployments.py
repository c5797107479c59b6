"""What deployments a pipeline file has: names, crons, places."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from present import present

from flows.deployment.deployments import deployment_of, deployments_of
from flows.schedule import cron_of, next_start
from lstm.config import Pipeline, Schedule, load_pipeline
from lstm.config.schedule import ScheduledKind
from lstm.errors import ConfigError


def write(folder: Path, name: str = "shop", more: str = "") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "pipeline.toml"
    text = f'name = "{name}"\nhorizon = 7\n{more}\n[source]\npath = "t.csv"\ntime = "day"\ntargets = ["y"]\n'
    path.write_text(text, encoding="utf-8")
    return path


def one(tmp_path: Path, more: str = "", **schedule: str) -> Pipeline:
    return load_pipeline(write(tmp_path, more=more)).model_copy(update={"schedule": Schedule(**schedule)})


def test_a_file_has_a_deployment_a_kind_and_what_publishes_shares_a_queue(tmp_path):
    """Law: retrain, forecast and monitor of a pipeline never run side by side, so they have one queue. Tuning takes
    hours and publishes nothing, so it has another, and no schedule unless the file gives one."""
    plans = deployments_of([write(tmp_path)])
    assert [plan.full_name for plan in plans] == ["retrain/shop", "forecast/shop", "monitor/shop", "tune/shop"]
    assert {(plan.work_pool, plan.queue, plan.at_a_time) for plan in plans[:3]} == {("nightcast", "shop", 1)}
    assert (plans[3].queue, plans[3].at_a_time, plans[3].cron) == ("shop.tune", 1, None)
    assert plans[0].tags == ("nightcast", "pipeline:shop", "kind:retrain")
    assert plans[0].parameters == {"pipeline": str(tmp_path / "pipeline.toml")}
    assert "**shop**, 7 steps of `y`" in plans[0].description
    assert "`21 4 * * *` by the clock of UTC" in plans[0].description


@pytest.mark.parametrize(
    ("more", "cron"),
    [
        ("", "16 * * * *"),
        ('frequency = "h"', "16 * * * *"),
        ('frequency = "15min"', "16 * * * *"),
        ('frequency = "D"', "16 6 * * *"),
        ('frequency = "W-MON"', "16 6 * * *"),
        ('frequency = "MS"', "16 6 * * *"),
        ('frequency = "1"', "16 * * * *"),
    ],
)
def test_the_forecast_is_as_frequent_as_there_can_be_something_new(tmp_path, more, cron):
    """A daily table read every hour costs its database 23 readings for nothing."""
    assert cron_of(one(tmp_path, more), "forecast") == cron


def test_pipelines_begin_at_minutes_of_their_own(tmp_path):
    """Law: by the name alone, the same on every machine; of 300 pipelines no minute has twice its share and more.

    CRC-32 of `shop` is 2,892,647,586, 6 more than a multiple of 60.
    """
    shop = one(tmp_path)
    crons = [cron_of(shop, kind) for kind in ("retrain", "forecast", "monitor")]
    assert crons == ["21 4 * * *", "16 * * * *", "46 6 * * *"]
    named = [shop.model_copy(update={"name": f"store-{number}"}) for number in range(300)]
    spans: dict[ScheduledKind, range] = {"retrain": range(15, 45), "forecast": range(10, 40), "monitor": range(40, 60)}
    for kind, minutes in spans.items():
        counts = Counter(int(present(cron_of(pipeline, kind)).split()[0]) for pipeline in named)
        assert set(counts) <= set(minutes)
        assert max(counts.values()) <= 2 * 300 / len(minutes)


def test_a_kind_that_is_off_has_a_deployment_without_a_cron(tmp_path):
    """It can still be started by hand."""
    plan = deployment_of(one(tmp_path, monitor="off"), "monitor", "p.toml", "pool")
    assert plan.cron is None
    assert "not by itself" in plan.description
    assert next_start(plan.cron, plan.time_zone, datetime(2024, 1, 1, tzinfo=UTC)) is None


def test_workers_elsewhere_find_the_files_by_their_own_folder(tmp_path, monkeypatch):
    """--worker-folder /pipelines is what the current folder is called in a container."""
    write(tmp_path / "sales")
    monkeypatch.chdir(tmp_path)
    (plan, *_) = deployments_of([Path("sales/pipeline.toml")], worker_folder="/pipelines", work_pool="containers")
    assert plan.parameters == {"pipeline": "/pipelines/sales/pipeline.toml"}
    assert plan.work_pool == "containers"
    with pytest.raises(ConfigError, match="run the command in a folder above all files"):
        deployments_of([write(tmp_path.parent / "elsewhere")], worker_folder="/pipelines")


def test_two_files_of_one_name_are_refused(tmp_path):
    """The second would take the deployments of the first."""
    files = [write(tmp_path / folder) for folder in ("a", "b")]
    with pytest.raises(ConfigError, match="are both called 'shop'"):
        deployments_of(files)


@pytest.mark.parametrize(
    "zone", ["America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "America/Santiago", "UTC"]
)
@pytest.mark.parametrize("kind", ["retrain", "monitor"])
def test_the_nightly_crons_fire_once_a_day_at_the_same_wall_time_all_year(tmp_path, zone, kind):
    """Law: on no day of 2024, clock changes included, is a nightly run doubled, left out or an hour off."""
    cron = cron_of(one(tmp_path, f'time_zone = "{zone}"'), kind)
    moment, starts = datetime(2024, 1, 1, tzinfo=ZoneInfo(zone)), []
    while moment < datetime(2025, 1, 1, tzinfo=ZoneInfo(zone)):
        moment = present(next_start(cron, zone, moment))
        starts.append(moment)
    days = [start.date() for start in starts[:-1]]
    assert days == [datetime(2024, 1, 1).date() + timedelta(days=day) for day in range(366)]
    assert len({start.time() for start in starts}) == 1
