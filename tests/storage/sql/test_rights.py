"""What a sink would refuse for want of a right or of a value is refused before a run; asking writes nothing."""

from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow as pa
import pytest
from databases import reading_of, user_of
from sql_tables import ask, fill, kind
from sqlalchemy import create_engine, inspect

from lstm.config import Sink
from lstm.errors import SinkError
from lstm.storage.sinks.delivery import rehearse

COLUMNS = "id VARCHAR(20) NOT NULL, time DATE NOT NULL, forecast DOUBLE PRECISION, PRIMARY KEY (id, time)"
LIKE = pa.table({
    "id": ["A"], "target": ["y"], "time": [date(2024, 5, 1)], "forecast": [1.0], "reason": pa.nulls(1, pa.string())
})  # fmt: skip


def asked(url, **sink):
    settings = Sink.model_validate({"name": "warehouse", "url": "env:ANY", "table": "plan"} | sink)
    rehearse(settings, LIKE, keys=("id",), folder=Path(), url=url, now=datetime(2024, 5, 1, tzinfo=UTC))


@pytest.mark.parametrize(
    ("column", "refusal"),
    [
        ("planner INTEGER NOT NULL", "its column planner is NOT NULL without a default"),
        ("planner INTEGER NOT NULL DEFAULT 7", None),
        ("planner INTEGER", None),
        ("reason VARCHAR(200) NOT NULL", "its column reason is NOT NULL, and what a champion forecasts has no reason"),
    ],
)
def test_a_column_that_would_get_no_value_is_named_before_the_run(database_url, column, refusal):
    """Fault: the delivery was refused after training and publication."""
    fill(database_url, f"CREATE TABLE plan ({column}, {COLUMNS})")
    if refusal is None:
        asked(database_url)
    else:
        with pytest.raises(SinkError, match=refusal):
            asked(database_url)
    assert ask(database_url, "SELECT count(*) FROM plan") == [(0,)]


def test_a_column_that_the_database_counts_needs_no_value(database_url):
    counter = {
        "sqlite": "n INTEGER PRIMARY KEY NOT NULL",
        "postgresql": "n SERIAL PRIMARY KEY",
        "mysql": "n INTEGER AUTO_INCREMENT PRIMARY KEY",
    }[kind(database_url)]
    keyed = COLUMNS.replace("PRIMARY KEY (", "UNIQUE (")
    fill(database_url, f"CREATE TABLE plan ({counter}, {keyed})")
    asked(database_url)


def test_a_trigger_may_fill_a_column(database_url):
    """SQLite's cannot change a new row."""
    trigger = {
        "sqlite": ["CREATE TRIGGER filled AFTER INSERT ON plan BEGIN SELECT 1; END"],
        "postgresql": [
            "CREATE FUNCTION filling() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.planner = 1; RETURN NEW; END'",
            "CREATE TRIGGER filled BEFORE INSERT ON plan FOR EACH ROW EXECUTE FUNCTION filling()",
        ],
        "mysql": ["CREATE TRIGGER filled BEFORE INSERT ON plan FOR EACH ROW SET NEW.planner = 1"],
    }[kind(database_url)]
    fill(database_url, f"CREATE TABLE plan (planner INTEGER NOT NULL, {COLUMNS})", *trigger)
    if kind(database_url) == "sqlite":
        with pytest.raises(SinkError, match="its column planner is NOT NULL"):
            asked(database_url)
    else:
        asked(database_url)


@pytest.mark.parametrize(
    ("granted", "refusal"),
    [
        ("SELECT", "may not INSERT in table plan"),
        ("SELECT, INSERT", "may not UPDATE in table plan"),
        ("INSERT, UPDATE", "may not SELECT in table plan"),
        ("SELECT, INSERT, UPDATE", None),
    ],
)
def test_a_right_that_the_user_lacks_is_named_before_the_run(database_url, granted, refusal):
    """Fault: a user who may only read was found out after training and publication."""
    if kind(database_url) == "sqlite":
        pytest.skip("a file has no users")
    fill(database_url, f"CREATE TABLE plan ({COLUMNS})")
    with user_of(database_url, f"GRANT {granted} ON plan TO") as url:
        if refusal is None:
            asked(url)
        else:
            with pytest.raises(SinkError, match=refusal):
                asked(url)
    assert ask(database_url, "SELECT count(*) FROM plan") == [(0,)]


def test_a_user_who_may_not_make_the_table_is_named_before_the_run(database_url):
    """A user who may read all tables and make none."""
    if kind(database_url) == "sqlite":
        pytest.skip("a file has no users")
    with (
        user_of(database_url, reading_of(database_url)) as url,
        pytest.raises(SinkError, match=r"there is no table fresh, and user \w+ may not make it .*GRANT CREATE"),
    ):
        asked(url, table="fresh")
    asked(database_url, table="fresh")
    assert not inspect(create_engine(database_url)).get_table_names()
