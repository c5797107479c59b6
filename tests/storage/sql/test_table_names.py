"""A table's name finds what a person means by it."""

import pytest
from sql_tables import fill, kind, read

from lstm.errors import SourceError

TABLE = "CREATE TABLE {} (id VARCHAR(9), ds DATE, y FLOAT)"
ROW = "INSERT INTO {} VALUES ('{}', '2024-01-01', 1)"


def made(url, name, content):
    name = name.replace('"', "`") if kind(url) == "mysql" else name
    fill(url, TABLE.format(name), ROW.format(name, content))


def ids(url, name):
    return read(url, table=name).table["id"].to_pylist()


def schema_of(url):
    return {"sqlite": "main", "postgresql": "public"}.get(kind(url)) or url.rpartition("/")[2]


def test_a_schema_may_be_named(database_url):
    made(database_url, "sales", "A")
    assert ids(database_url, f"{schema_of(database_url)}.sales") == ["A"]


def test_a_name_with_a_dot_in_it_is_the_table_if_there_is_one(database_url):
    """Law: the name as it stands comes before its reading as a schema and a table."""
    made(database_url, '"v2.sales"', "A")
    assert ids(database_url, "v2.sales") == ["A"]
    assert ids(database_url, f"{schema_of(database_url)}.v2.sales") == ["A"]


def test_a_name_may_be_quoted_as_in_sql(database_url):
    made(database_url, '"Order.Lines"', "A")
    assert ids(database_url, '"Order.Lines"') == ["A"]
    assert ids(database_url, f'{schema_of(database_url)}."Order.Lines"') == ["A"]
    assert ids(database_url, f"`{schema_of(database_url)}`.`Order.Lines`") == ["A"]


@pytest.mark.slow
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_table_of_another_schema_is_pointed_at(database_url):
    fill(database_url, "CREATE SCHEMA stock", TABLE.format('stock."Sales"'), ROW.format('stock."Sales"', "A"))
    assert ids(database_url, "stock.Sales") == ["A"]
    with pytest.raises(SourceError, match=r"no table Sales in the schema .*, but one in stock; set .*stock.Sales"):
        ids(database_url, "Sales")
    with pytest.raises(SourceError, match=r"there is no table stock.sales; there are Sales"):
        ids(database_url, "stock.sales")
    with pytest.raises(SourceError, match=r"there is no schema nowhere.*; there are public, stock"):
        ids(database_url, "nowhere.sales")


@pytest.mark.slow
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_views_materialized_views_and_partitioned_tables_are_tables(database_url):
    fill(
        database_url,
        TABLE.format("sales") + " PARTITION BY LIST (id)",
        "CREATE TABLE sales_a PARTITION OF sales FOR VALUES IN ('A')",
        ROW.format("sales", "A"),
        "CREATE MATERIALIZED VIEW stored AS SELECT * FROM sales",
    )
    assert ids(database_url, "sales") == ids(database_url, "stored") == ["A"]
    with pytest.raises(SourceError, match="there are sales, sales_a, stored"):
        ids(database_url, "nothing")


def test_of_many_tables_the_nearest_name_is_told(database_url):
    fill(database_url, *(TABLE.format(f"t{number:02d}") for number in range(25)), TABLE.format("zz_orders"))
    with pytest.raises(SourceError, match="and 6 more; the nearest name is zz_orders"):
        ids(database_url, "zz_order")
