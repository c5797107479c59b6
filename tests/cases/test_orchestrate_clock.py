"""Schedules over clock changes: by what Nightcast registers and what Prefect's server makes of it."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest
from prefect.server.schemas.schedules import CronSchedule

from flows.deployment.deployments import Deployment, deployment_of
from flows.deployment.schedules import schedules_of
from flows.schedule import cron_of, next_start
from lstm.config import Pipeline, Schedule

SOURCE: Any = {"path": "t.csv", "time": "day", "targets": ["y"]}


def nightly(cron: str, **settings: Any) -> Pipeline:
    return Pipeline(name="shop", horizon=7, source=SOURCE, schedule=Schedule(retrain=cron), **settings)


def deployed(pipeline: Pipeline) -> Deployment:
    return deployment_of(pipeline, "retrain", "p.toml", "pool")


def by_server(pipeline: Pipeline, asked: datetime, count: int = 4) -> list[datetime]:
    """The times that the server's scheduler computes from the schedule as it is registered."""
    (registered,) = schedules_of(deployed(pipeline))
    schedule = CronSchedule(**registered.schedule.model_dump())
    return list(asyncio.run(schedule.get_dates(n=count, start=asked)))


def by_us(pipeline: Pipeline, asked: datetime, count: int = 4) -> list[datetime]:
    """The times that the staleness guard and `nightcast deploy` compute."""
    times = [asked]
    for _ in range(count):
        following = next_start(cron_of(pipeline, "retrain"), pipeline.time_zone, times[-1])
        assert following is not None
        times.append(following)
    return times[1:]


@pytest.mark.parametrize("times_of", [by_server, by_us])
def test_a_cron_asked_on_the_change_day_is_not_an_hour_off(times_of):
    """`10 0 * * *` in Montreal, asked ten minutes after midnight of the day of the change (Prefect#10472)."""
    times = times_of(nightly("10 0 * * *", time_zone="America/Montreal"), datetime(2023, 3, 12, 5, 10, 2, tzinfo=UTC))
    assert [time.isoformat() for time in times] == [
        "2023-03-13T00:10:00-04:00",
        "2023-03-14T00:10:00-04:00",
        "2023-03-15T00:10:00-04:00",
        "2023-03-16T00:10:00-04:00",
    ]


@pytest.mark.parametrize("times_of", [by_server, by_us])
def test_daily_at_noon_stays_at_noon_when_the_clocks_change(times_of):
    """Noon in Los Angeles is 20:00 UTC in winter and 19:00 UTC in summer (Prefect#719)."""
    asked = datetime.fromisoformat("2024-03-08T00:00:00-08:00")
    times = times_of(nightly("0 12 * * *", time_zone="America/Los_Angeles"), asked)
    assert [time.astimezone(UTC).isoformat() for time in times] == [
        "2024-03-08T20:00:00+00:00",
        "2024-03-09T20:00:00+00:00",
        "2024-03-10T19:00:00+00:00",
        "2024-03-11T19:00:00+00:00",
    ]


def test_a_schedule_without_a_zone_is_registered_and_shown_as_utc():
    """A pipeline file without time_zone has UTC, and its description says so."""
    plan = deployed(nightly("0 12 * * *"))
    (registered,) = schedules_of(plan)
    assert registered.schedule.model_dump()["timezone"] == "UTC"
    assert "by the clock of UTC" in plan.description


@pytest.mark.parametrize("times_of", [by_server, by_us])
def test_a_time_that_the_clocks_skip_comes_once_and_one_that_they_repeat_comes_once(times_of):
    """Prefect#7381: half past two of 2024-03-31 does not exist in Berlin, that of 2024-10-27 exists twice."""
    pipeline = nightly("30 2 * * *", time_zone="Europe/Berlin")
    spring = times_of(pipeline, datetime.fromisoformat("2024-03-30T12:00:00+01:00"), 2)
    assert [time.astimezone(UTC).isoformat() for time in spring][1] == "2024-04-01T00:30:00+00:00"
    assert spring[0].date().isoformat() == "2024-03-31"
    autumn = times_of(pipeline, datetime.fromisoformat("2024-10-26T12:00:00+02:00"), 2)
    assert [time.date().isoformat() for time in autumn] == ["2024-10-27", "2024-10-28"]
