"""PostgreSQL's own ways: which failures pass, and how an upsert is written."""

from types import SimpleNamespace

import pytest
from present import present
from sqlalchemy import Column, Integer, MetaData, Table
from sqlalchemy.dialects import postgresql
from sqlalchemy.engine import make_url

from lstm.storage.sql.dialects.postgresql import POSTGRESQL

DRIVER = SimpleNamespace(
    InterfaceError=type("InterfaceError", (Exception,), {}),
    OperationalError=type("OperationalError", (Exception,), {}),
)


@pytest.mark.parametrize(
    ("code", "words", "passing"),
    [
        ("40P01", "deadlock detected", True),
        ("57014", "canceling statement due to statement timeout", True),
        ("28P01", "server closed", False),
        (None, "connection refused", True),
        (None, 'FATAL: database "sales" does not exist', False),
    ],
)
def test_the_code_decides_and_without_one_the_words(code, words, passing):
    """A connection that fails has no code."""
    error = DRIVER.OperationalError(words)
    error.sqlstate = code
    assert POSTGRESQL.is_passing(error, DRIVER) is passing


def test_a_fault_of_a_statement_stays_and_one_of_the_driver_passes():
    assert not POSTGRESQL.is_passing(ValueError("syntax"), DRIVER)
    assert POSTGRESQL.is_passing(DRIVER.InterfaceError("the connection is closed"), DRIVER)


def test_an_upsert_sets_what_is_no_key_from_the_excluded_row():
    table = Table("t", MetaData(), Column("id", Integer, primary_key=True), Column("y", Integer))
    statement = present(POSTGRESQL.insert_or_update)(table, ["id"], ["y"], ["id"]).values(id=1, y=2)
    assert str(statement.compile(dialect=postgresql.dialect())).endswith(
        "ON CONFLICT (id) DO UPDATE SET y = excluded.y"
    )


@pytest.mark.parametrize(
    ("url", "arguments"),
    [
        ("postgresql+psycopg://u@h/d", {"connect_timeout": 10}),
        ("postgresql+psycopg://u@h/d?connect_timeout=3", {}),
        ("postgresql+pg8000://u@h/d", {}),
    ],
)
def test_a_driver_that_knows_a_limit_of_time_gets_one_unless_the_url_has_it(url, arguments):
    assert POSTGRESQL.connect_arguments(make_url(url)) == arguments
