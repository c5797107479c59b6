"""[schedule]: which crons and durations are understood, and what is said of the others."""

from datetime import timedelta

import pytest
from pydantic import ValidationError

from lstm.config import Schedule


def test_everything_may_be_left_out():
    """Law: a pipeline file without [schedule] has the default times, and is skipped only by the next run."""
    schedule = Schedule()
    assert schedule.retrain is schedule.forecast is schedule.monitor is None
    assert schedule.most_late is None
    assert schedule.work_pool == "nightcast"


@pytest.mark.parametrize("cron", ["0 2 * * *", "*/15 6-22 * * mon-fri", "30 5 1,15 * *", "0 3 29 2 *", "off"])
def test_crons_of_five_fields_are_understood(cron):
    """The forms of crontab(5): lists, ranges, steps, names, and a day that comes every four years."""
    assert Schedule(retrain=cron).retrain == cron


@pytest.mark.parametrize(
    ("cron", "said"),
    [
        ("0 25 * * *", "bad hour"),
        ("61 * * * *", "bad minute"),
        ("0 2 * *", "five fields"),
        ("0 0 2 * * *", "five fields"),
        ("@daily", "five fields"),
        ("nightly", "five fields"),
        ("", "five fields"),
        ("0 2 30 2 *", "bad day-of-month"),
    ],
)
def test_a_cron_that_never_comes_names_its_key_and_an_example(cron, said):
    """The message says what to write instead."""
    with pytest.raises(ValidationError) as caught:
        Schedule(monitor=cron)
    (error,) = caught.value.errors()
    assert error["loc"] == ("monitor",)
    assert said in error["msg"]
    assert '"15 4 * * *"' in error["msg"]


def test_a_duration_is_a_number_and_a_unit():
    """90min, 6h and 2D, by hand."""
    spans = [Schedule(skip_after=text).most_late for text in ("90min", "6h", "2D")]
    assert spans == [timedelta(minutes=90), timedelta(hours=6), timedelta(days=2)]


@pytest.mark.parametrize("text", ["6", "6 h", "0h", "-1h", "1.5h", "six hours", "6H", "1W", ""])
def test_another_duration_is_refused_with_examples(text):
    """Zero would skip every run, since none starts on the second."""
    with pytest.raises(ValidationError, match="such as 90min, 6h or 2D"):
        Schedule(skip_after=text)


@pytest.mark.parametrize("name", ["", "a/b", "pool%", " pool", "x" * 101])
def test_a_work_pool_has_a_name_that_prefect_takes(name):
    """Prefect refuses slashes and percent signs in the names of work pools."""
    with pytest.raises(ValidationError):
        Schedule(work_pool=name)
