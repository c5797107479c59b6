"""MariaDB's upsert changes the row of whichever unique key is equal, so no key but ours may ever be."""

import pytest
from nights import forecast_rows
from sink_deliveries import LEAST, bring, on_mariadb, plan
from sql_tables import ask, fill

from lstm.errors import SinkError

pytestmark = [pytest.mark.slow, on_mariadb]


@pytest.mark.parametrize(
    ("more", "key"),
    [
        ("slot INT UNIQUE DEFAULT 1", "slot"),
        ("slot INT NOT NULL UNIQUE DEFAULT 1", "slot"),
        ("slot INT AS (length(item)) STORED UNIQUE", "slot"),
        ("slot INT AS (length(item)) VIRTUAL UNIQUE", "slot"),
        ("room INT, slot INT DEFAULT 1, UNIQUE (slot, ds)", "ds, slot"),
        ("UNIQUE (item(1), ds)", "ds, item .its beginning."),
        ("note VARCHAR(9) NOT NULL DEFAULT '', UNIQUE (item(1), ds, note(1))", "ds, item .its beginning., note .*"),
    ],
)
def test_a_key_in_which_two_series_may_be_equal_is_refused(database_url, more, key):
    """Fault: the forecasts of all series ended in one row, and the receipt spoke of all; the others' row was gone."""
    fill(database_url, plan(more=more), "INSERT INTO plan (item, ds, y_hat) VALUES ('theirs', '2020-01-01', 7)")
    with pytest.raises(SinkError, match=f"has a second unique key on {key}, by which MariaDB would change rows"):
        bring(database_url, forecast_rows(ids=["AA", "BB"]), columns=LEAST)
    assert ask(database_url, "SELECT item, y_hat FROM plan") == [("theirs", 7.0)]


def test_a_key_of_beginnings_tells_no_series_apart(database_url):
    """`north` and `nord` are one to UNIQUE (item(1), ds)."""
    fill(database_url, "CREATE TABLE plan (item VARCHAR(20), ds DATE, y_hat DOUBLE, UNIQUE (item(1), ds))")
    with pytest.raises(SinkError, match=r"exactly \(item, ds\), .*; it has: ds, item \(its beginning\)"):
        bring(database_url, forecast_rows(ids=["north", "nord"]), columns=LEAST)


@pytest.mark.parametrize(
    "more",
    [
        "no INT AUTO_INCREMENT UNIQUE",
        "slot INT NULL UNIQUE",
        "slot INT UNIQUE DEFAULT NULL",
        "token CHAR(36) NOT NULL UNIQUE DEFAULT uuid()",
        "room INT NOT NULL DEFAULT 1, UNIQUE (item, ds, room)",
    ],
)
def test_a_key_in_which_a_new_row_is_like_no_other_is_no_hindrance(database_url, more):
    """Numbers and tokens that the table gives itself, NULL, and whatever holds our key too."""
    fill(database_url, plan(more=more))
    for level in (100.0, 200.0):
        bring(database_url, forecast_rows(level=level), columns=LEAST)
    assert ask(database_url, "SELECT count(*), min(y_hat), max(y_hat) FROM plan") == [(4, 201.0, 202.0)]


@pytest.mark.parametrize("change", ["slot = 1", "ds = NEW.ds + INTERVAL 1 YEAR"])
def test_rows_that_a_trigger_sends_elsewhere_are_missed_before_the_commit(database_url, change):
    """A trigger gives every row the slot of a foreign one, which is NULL as declared; or it moves their times."""
    fill(
        database_url,
        plan(more="slot INT UNIQUE"),
        "INSERT INTO plan VALUES ('theirs', '2020-01-01', 7, 1)",
        f"CREATE TRIGGER other BEFORE INSERT ON plan FOR EACH ROW SET NEW.{change}",
    )
    with pytest.raises(SinkError, match=r"does not keep item 'A' as it is, by .* or by a trigger"):
        bring(database_url, forecast_rows(), columns=LEAST)
    assert ask(database_url, "SELECT item, y_hat FROM plan") == [("theirs", 7.0)]


@pytest.mark.parametrize("engine", ["MyISAM", "Aria"])
def test_a_table_whose_writes_cannot_be_undone_is_refused(database_url, engine):
    """Half of a delivery would stay, and what it replaced would be gone."""
    fill(database_url, f"{plan()} ENGINE = {engine}")
    with pytest.raises(SinkError, match=rf"is of the engine {engine}, .*cannot be undone; ALTER TABLE"):
        bring(database_url, forecast_rows(), columns=LEAST)
    assert ask(database_url, "SELECT * FROM plan") == []
