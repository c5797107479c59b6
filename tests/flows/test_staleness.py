"""When a run is too late to be of use."""

from datetime import UTC, datetime

import pytest

from flows.staleness import why_late
from lstm.config import Pipeline, Schedule

SOURCE = {"path": "t.csv", "time": "day", "targets": ["y"]}


def pipeline(**schedule: str) -> Pipeline:
    return Pipeline(name="shop", horizon=7, source=SOURCE, time_zone="Europe/Berlin", schedule=Schedule(**schedule))


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"2024-07-{text}:00+02:00").astimezone(UTC)


def test_a_run_in_time_is_not_stale():
    """A nightly run of 04:15 is of use all day: without it there are no forecasts."""
    assert why_late(pipeline(), "retrain", planned=at("10T04:15"), now=at("10T04:16")) is None
    assert why_late(pipeline(), "retrain", planned=at("10T04:15"), now=at("11T04:14")) is None


def test_a_run_is_stale_when_the_next_one_of_its_schedule_is_due():
    """Law: of all runs that pile up in an outage only the newest is carried out."""
    why = why_late(pipeline(), "retrain", planned=at("10T04:15"), now=at("11T04:15"))
    assert why is not None
    assert "planned for 2024-07-10 04:15:00 CEST" in why
    assert "when the next retrain (2024-07-11 04:15:00 CEST) was due already" in why
    late = [
        why_late(pipeline(), "forecast", planned=at(f"10T{hour:02}:10"), now=at("10T09:20")) for hour in range(4, 10)
    ]
    assert [one is None for one in late] == [False] * 5 + [True]


@pytest.mark.parametrize(("now", "stale"), [("10T10:15", False), ("10T10:16", True)])
def test_skip_after_makes_it_stricter(now, stale):
    """`skip_after = "6h"`: six hours late is in time, a minute more is not."""
    why = why_late(pipeline(skip_after="6h"), "retrain", planned=at("10T04:15"), now=at(now))
    assert (why is not None) is stale
    if stale:
        assert "more than schedule.skip_after = 6h later" in str(why)


def test_skip_after_makes_it_never_laxer():
    """Two forecasts of one hour are never both of use."""
    why = why_late(pipeline(skip_after="2D"), "forecast", planned=at("10T04:10"), now=at("10T05:10"))
    assert why is not None


def test_a_kind_without_a_schedule_is_stale_by_skip_after_only():
    """Its deployment may have a schedule that somebody made in the UI."""
    own = pipeline(monitor="off", skip_after="1h")
    assert why_late(own, "monitor", planned=at("10T04:15"), now=at("10T05:15")) is None
    assert why_late(own, "monitor", planned=at("10T04:15"), now=at("10T05:16")) is not None
