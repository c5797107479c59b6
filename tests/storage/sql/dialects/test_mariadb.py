"""MariaDB's own ways: which failures pass, and how an upsert is written."""

from types import SimpleNamespace

import pytest
from present import present
from sqlalchemy import Column, Integer, MetaData, Table
from sqlalchemy.dialects import mysql

from lstm.storage.sql.dialects.mariadb import MARIADB

DRIVER = SimpleNamespace(
    InterfaceError=type("InterfaceError", (Exception,), {}),
    OperationalError=type("OperationalError", (Exception,), {}),
)
TABLE = Table("t", MetaData(), Column("id", Integer, primary_key=True), Column("y", Integer))


@pytest.mark.parametrize(("code", "passing"), [(1213, True), (2013, True), (1045, False)])
def test_a_deadlock_and_a_lost_connection_pass_and_a_wrong_password_stays(code, passing):
    assert MARIADB.is_passing(DRIVER.OperationalError(code, "words"), DRIVER) is passing


@pytest.mark.parametrize(
    ("changed", "unchanged", "expected"),
    [
        (["y"], [], "ON DUPLICATE KEY UPDATE y = values(y)"),
        ([], [], "ON DUPLICATE KEY UPDATE id = values(id)"),
        (["y"], ["id"], "ON DUPLICATE KEY UPDATE id = t.id, y = values(y)"),
    ],
)
def test_an_upsert_changes_what_is_no_key(changed, unchanged, expected):
    """Trap: MariaDB sets a TIMESTAMP of the key to the present time, unless it is told to leave it."""
    statement = present(MARIADB.insert_or_update)(TABLE, ["id"], changed, unchanged).values(id=1, y=2)
    assert str(statement.compile(dialect=mysql.dialect())).endswith(expected)
