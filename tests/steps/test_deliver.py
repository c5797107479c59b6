"""A sink that was away gets what older runs still owe it, and the receipts tell."""

import multiprocessing
import os
import signal
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest
from nights import NOW, forecast_rows, publish_night, run_key
from present import present
from sql_tables import ask

from lstm.config import Pipeline, Sink
from lstm.steps.deliver import deliver, deliver_late, undelivered
from lstm.steps.job import Job
from lstm.storage.sinks.delivery import deliver as deliver_to
from lstm.storage.sql.connections import transaction
from lstm.storage.store.database import open_store, store_url
from lstm.storage.store.schema import deliveries

LAST_NIGHT, TONIGHT = date(2024, 4, 29), date(2024, 4, 30)
TABLE = {"name": "warehouse", "url": "sqlite:///warehouse.db", "table": "forecasts"}
FILE = {"name": "file", "path": "out.csv"}


@pytest.fixture
def pipeline(tmp_path):
    source = {"path": "t.csv", "series": ["id"], "time": "day", "targets": ["y"]}
    return Pipeline.model_validate({"name": "small", "horizon": 2, "source": source, "sinks": [TABLE, FILE]})


def night(pipeline, tmp_path, cutoff, level):
    """A published night, nothing of it delivered; answers its job."""
    store = open_store(store_url(pipeline.store, tmp_path))
    publish_night(store, forecast_rows(cutoff, ids=["A"], level=level), sinks=("warehouse", "file"))
    store.dispose()
    return Job(pipeline=pipeline, home=str(tmp_path), key=run_key(cutoff))


def receipts(job):
    with transaction(job.engine()) as connection:
        rows = connection.execute(deliveries.select().order_by(deliveries.c.run_id, deliveries.c.sink)).all()
    return {(row.run_id, row.sink): (row.delivered, row.rows, row.message) for row in rows}


def delivered(tmp_path):
    with sqlite3.connect(tmp_path / "warehouse.db") as warehouse:
        return warehouse.execute("SELECT time, forecast FROM forecasts ORDER BY time").fetchall()


def test_a_table_gets_tonights_rows_and_those_of_last_night_that_are_still_current(pipeline, tmp_path):
    """Last night forecast 30 April and 1 May, tonight 1 and 2 May: of last night only 30 April is left to deliver."""
    table = pipeline.sinks[0]
    older = night(pipeline, tmp_path, LAST_NIGHT, 100.0)
    undelivered(older, table, "the warehouse was away")
    tonight = night(pipeline, tmp_path, TONIGHT, 200.0)
    deliver(tonight, table)
    late = deliver_late(tonight, table)
    assert [receipt.rows for receipt in late] == [1]
    assert delivered(tmp_path) == [("2024-04-30", 101.0), ("2024-05-01", 201.0), ("2024-05-02", 202.0)]
    told = receipts(tonight)
    said = f"delivered by {tonight.key.run_id}; 1 rows were still current"
    assert told[older.key.run_id, "warehouse"] == (True, 1, said)
    assert told[tonight.key.run_id, "warehouse"] == (True, 2, "")
    assert deliver_late(tonight, table) == []


def test_a_file_holds_the_newest_run_and_owes_nothing_of_older_ones(pipeline, tmp_path):
    """The older receipt says why it got no row."""
    file = pipeline.sinks[1]
    older = night(pipeline, tmp_path, LAST_NIGHT, 100.0)
    tonight = night(pipeline, tmp_path, TONIGHT, 200.0)
    deliver(tonight, file)
    deliver_late(tonight, file)
    lines = (tmp_path / "out.csv").read_text().splitlines()
    assert [line.split(",")[3] for line in lines[1:]] == ["2024-05-01", "2024-05-02"]
    assert receipts(tonight)[older.key.run_id, "file"] == (
        True, 0, f"delivered by {tonight.key.run_id}; a newer publication stands",
    )  # fmt: skip


def test_an_older_run_that_ends_later_brings_a_file_the_newest_run_that_it_has_not_got(pipeline, tmp_path):
    """A replay of last night finds tonight's delivery pending, and makes it."""
    file = pipeline.sinks[1]
    tonight = night(pipeline, tmp_path, TONIGHT, 200.0)
    replay = night(pipeline, tmp_path, LAST_NIGHT, 100.0)
    deliver(replay, file)
    assert not (tmp_path / "out.csv").exists()
    deliver_late(replay, file)
    assert len((tmp_path / "out.csv").read_text().splitlines()) == 3
    assert receipts(replay)[tonight.key.run_id, "file"][:2] == (True, 2)


def test_a_run_that_stood_still_before_the_sink_finds_that_it_is_no_longer_current(pipeline, tmp_path):
    """Fault: it had read its rows before it waited for the table, and put last night's over tonight's.

    It stands still where it asks for the address of the sink; meanwhile tonight's run publishes and delivers.
    """

    def stood_still(_):
        tonight = night(pipeline, tmp_path, TONIGHT, 200.0)
        deliver(tonight, pipeline.sinks[0])
        return f"sqlite:///{tmp_path / 'warehouse.db'}"

    older = night(pipeline, tmp_path, LAST_NIGHT, 100.0).model_copy(update={"blocks": stood_still})
    receipt = deliver(older, pipeline.sinks[0].model_copy(update={"url": "block:warehouse"}))
    assert delivered(tmp_path) == [("2024-04-30", 101.0), ("2024-05-01", 201.0), ("2024-05-02", 202.0)]
    assert (receipt.rows, receipt.delivered) == (1, True)


@pytest.mark.slow
@pytest.mark.parametrize("sink", ["table", "file"])
def test_a_frozen_process_never_puts_older_rows_over_newer_ones(database_url, tmp_path, sink):
    """SIGSTOP while it holds the sink and has its rows; tonight's delivery waits for it, and comes last."""
    place = {"url": "block:sink", "table": "night"} if sink == "table" else {"path": "out.csv"}
    settings = Sink(name="warehouse", **place)
    frozen = multiprocessing.get_context("spawn").Process(
        target=deliver_and_freeze, args=(settings, tmp_path, database_url, LAST_NIGHT, 100.0)
    )
    frozen.start()
    while not (tmp_path / "holding").exists():
        assert frozen.is_alive()
        frozen.join(0.01)
    with ThreadPoolExecutor(1) as pool:
        newer = pool.submit(deliver_rows_of, settings, tmp_path, database_url, lambda: forecast_rows(level=200.0))
        os.kill(present(frozen.pid), signal.SIGCONT)
        assert newer.result(60) == 4
    frozen.join()
    assert frozen.exitcode == 0
    if sink == "file":
        levels = {float(line.split(",")[5]) for line in (tmp_path / "out.csv").read_text().splitlines()[1:]}
    else:
        levels = {level for (level,) in ask(database_url, "SELECT forecast FROM night WHERE time > '2024-04-30'")}
    assert levels == {201.0, 202.0}


def deliver_rows_of(sink, folder, url, current):
    return deliver_to(sink, current, keys=("id",), folder=folder, url=url, now=NOW)


def deliver_and_freeze(sink, folder, url, cutoff, level):
    """In a process of its own: freezes itself between its rows and the write."""

    def current():
        (folder / "holding").touch()
        os.kill(os.getpid(), signal.SIGSTOP)
        return forecast_rows(cutoff, level=level)

    deliver_rows_of(sink, folder, url, current)


def test_a_sink_that_is_still_away_keeps_every_delivery_pending(pipeline, tmp_path):
    """Both runs' receipts say so, and the sentence for the outcome tells tonight's from older ones'."""
    table = pipeline.sinks[0]
    older = night(pipeline, tmp_path, LAST_NIGHT, 100.0)
    tonight = night(pipeline, tmp_path, TONIGHT, 200.0)
    assert undelivered(tonight, table, "away") == "sink warehouse got nothing: away"
    pending = tonight.registry().runs_pending("small", "warehouse")
    assert pending == [older.key.run_id, tonight.key.run_id]
    deliver(tonight, table)
    told = undelivered(tonight, table, "the table is full")
    assert told == "sink warehouse has this run's rows, and not yet all of older runs: the table is full"
    assert tonight.registry().runs_pending("small", "warehouse") == [older.key.run_id]
