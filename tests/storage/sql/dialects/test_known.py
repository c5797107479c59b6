"""Which dialect a connection speaks."""

from typing import Any

import pytest
from sqlalchemy import create_engine, inspect
from sqlalchemy.dialects import mysql

from lstm.storage.sql.dialects.known import DRIVERS, dialect_named, dialect_of
from lstm.storage.sql.dialects.mariadb import MARIADB, MYSQL
from lstm.storage.sql.dialects.sqlite import SQLITE


def test_engine_connection_inspector_and_sqlalchemys_own_dialect_name_the_same_one():
    engine = create_engine("sqlite://")
    with engine.connect() as connection:
        spoken = [dialect_of(bound) for bound in (engine, connection, inspect(connection), engine.dialect)]
    assert spoken == [SQLITE] * 4


def test_mysql_and_mariadb_share_a_driver_and_differ_by_collation():
    dialect = mysql.dialect()
    dialect.is_mariadb = True
    assert dialect_of(dialect) is MARIADB
    assert dialect_of(mysql.dialect()) is MYSQL
    key_texts: list[Any] = [spoken.key_text(9) for spoken in (MARIADB, MYSQL)]
    assert [text.collation for text in key_texts] == ["utf8mb4_nopad_bin", "utf8mb4_0900_bin"]


def test_an_unknown_kind_has_a_dialect_of_its_name():
    assert dialect_named("duckdb").name == "duckdb"
    assert dialect_named("duckdb").insert_or_update is None


@pytest.mark.parametrize(
    ("scheme", "driver"),
    [("postgres", "postgresql+psycopg"), ("mariadb", "mysql+pymysql"), ("mysql", "mysql+pymysql")],
)
def test_a_scheme_without_a_driver_gets_ours(scheme, driver):
    assert DRIVERS[scheme] == driver
