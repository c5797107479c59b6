"""The retry rule: what may succeed a little later is tried again, a user's mistake or a bad table never."""

import pytest
from prefect.states import Failed
from sqlalchemy.exc import OperationalError

from lstm.errors import (
    ConfigError,
    DataError,
    DivergedError,
    RunBusyError,
    SinkUnavailableError,
    SourceUnavailableError,
    StoreUnavailableError,
)
from tasks.begin import begin
from tasks.deliver import deliver
from tasks.evaluate import evaluate
from tasks.forecast import forecast
from tasks.ingest import ingest
from tasks.publish import publish
from tasks.report import report
from tasks.retrying import may_succeed_later
from tasks.train import train
from tasks.window import window


@pytest.mark.parametrize(
    "error",
    [
        SourceUnavailableError("away"),
        StoreUnavailableError("locked"),
        SinkUnavailableError("away"),
        OSError("the disk is busy"),
        OperationalError("select 1", {}, Exception("gone")),
    ],
    ids=lambda error: type(error).__name__,
)
def test_what_is_away_is_tried_again(error):
    """Lost connections, locks and busy disks."""
    assert may_succeed_later(begin, None, Failed(data=error))


@pytest.mark.parametrize(
    "error",
    [ConfigError("typo"), DataError("twice"), DivergedError("nan"), RunBusyError("busy"), ZeroDivisionError("a bug")],
    ids=lambda error: type(error).__name__,
)
def test_a_mistake_or_a_bug_has_one_attempt(error):
    """Another attempt would end the same."""
    assert not may_succeed_later(begin, None, Failed(data=error))


def test_every_task_has_the_rule_with_growing_and_jittered_delays():
    """Law: no task retries otherwise, and none uses Prefect's cache beside the run's manifests."""
    for task in (begin, ingest, window, train, evaluate, forecast, publish, deliver, report):
        assert task.retry_condition_fn is may_succeed_later
        assert task.retry_delay_seconds == [1, 2, 4]
        assert task.retry_jitter_factor > 0
        assert type(task.cache_policy).__name__ == "_None"
        assert task.persist_result is False
