"""Series that were forecast lately and are not in the table any more."""

from datetime import date

from nights import forecast_rows, publish_night, run_key

from lstm.config import Pipeline
from lstm.data.panel.panel import Panel
from lstm.steps.champions.vanished import vanished_beforehand, vanished_series, vanished_words
from lstm.steps.job import Job
from lstm.storage.store.database import open_store, store_url
from panels import make_panel

APRIL_30 = (date(2024, 4, 30) - date(1970, 1, 1)).days


def job_of(tmp_path, **quality) -> Job:
    source = {"path": "t.csv", "series": ["id"], "time": "day", "targets": ["y"]}
    settings = {"name": "small", "horizon": 2, "source": source, "quality": quality}
    return Job(pipeline=Pipeline.model_validate(settings), home=str(tmp_path), key=run_key(date(2024, 5, 1)))


def published(tmp_path, *ids: str) -> None:
    """Last night's forecasts."""
    store = open_store(store_url(job_of(tmp_path).pipeline.store, tmp_path))
    publish_night(store, forecast_rows(ids=ids))
    store.dispose()


def panel_of(*ids: str) -> Panel:
    """Tonight's table, a day later."""
    return make_panel({name: [1.0, 2.0] for name in ids}, horizon=2, cutoff=APRIL_30 + 1)


def test_who_was_forecast_and_is_gone_is_named_with_the_keys_that_say_so(tmp_path):
    published(tmp_path, "A", "B", "C")
    job = job_of(tmp_path)
    assert vanished_words(vanished_series(job, panel_of("A", "C")), 30) == (
        "1 series left the table and cannot be forecast: 'B'; they are expected for 30 days (quality.expected_for), "
        "unless quality.exclude names them"
    )
    assert vanished_beforehand(job, panel_of("A", "C")).startswith("1 series left the table")


def test_who_is_excluded_or_was_forecast_long_ago_is_not_missed(tmp_path):
    published(tmp_path, "A", "B")
    assert len(vanished_series(job_of(tmp_path, exclude=["B"]), panel_of("A"))) == 0
    assert len(vanished_series(job_of(tmp_path, expected_for=0), panel_of("A"))) == 0


def test_where_there_is_no_store_yet_nothing_is_missed_and_none_is_made(tmp_path):
    """A look at the data makes no database."""
    assert vanished_beforehand(job_of(tmp_path), panel_of("A")) == ""
    assert not list(tmp_path.rglob("*.db"))
