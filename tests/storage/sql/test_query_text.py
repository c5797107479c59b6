"""A query's colons, percent signs and semicolons mean what the person who wrote it meant."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from sqlalchemy.dialects import mysql, postgresql, sqlite

from lstm.errors import SourceError
from lstm.storage.sql.dialects.known import dialect_named
from lstm.storage.sql.query_text import bind_value, bound_query

DIALECTS = {"sqlite": sqlite.dialect(), "postgresql": postgresql.dialect(), "mysql": mysql.dialect()}
NOON = datetime(2024, 1, 31, 13, tzinfo=timezone(timedelta(hours=1)))


def compiled(query, dialect="sqlite"):
    statement = bound_query(query, dialect_named(dialect), {"as_of": NOON, "horizon_end": date(2024, 2, 7)})
    return statement.compile(dialect=DIALECTS[dialect])


def names(query, dialect="sqlite"):
    return sorted(compiled(query, dialect).params)


@pytest.mark.parametrize(
    ("query", "dialect"),
    [
        ("select '12:30', ' :x ', 'it''s :y' from t", "sqlite"),
        ('select "a :b" from t -- only :z\n where y > 0', "sqlite"),
        ("select y /* not :this */ from t", "sqlite"),
        ("select y::numeric, '{}'::json, '::x' from t", "postgresql"),
        (r"select E'a\' :x' , $body$ :y $body$ from t", "postgresql"),
        (r"select 'a\' :x', `b :y` from t # :z", "mysql"),
    ],
)
def test_a_colon_in_a_literal_a_name_or_a_comment_binds_nothing(query, dialect):
    """Each comes to the driver as it was written."""
    assert names(query, dialect) == []
    assert str(compiled(query, dialect)).replace("%%", "%") == query


def test_a_bound_value_may_be_cast():
    query = "select * from t where ds <= :as_of::date and ds < cast(:horizon_end as date)"
    assert names(query, "postgresql") == ["as_of", "horizon_end"]
    assert "::date and" in str(compiled(query, "postgresql"))


@pytest.mark.parametrize("end", [";", " ;\n", "; -- done", ";;", ""])
def test_a_semicolon_at_the_end_is_left_out(end):
    assert str(compiled(f"select ';' from t{end}")).rstrip() == "select ';' from t"


def test_two_statements_are_refused():
    with pytest.raises(SourceError, match="holds two statements; a source is read with one"):
        compiled("select 1; drop table t")


def test_a_name_without_a_value_is_refused_with_the_way_to_write_a_plain_colon():
    with pytest.raises(
        SourceError, match=r"a parameter :today, for which there is no value; only :as_of, .* and :shards have one"
    ):
        compiled("select * from t where ds < :today")
    with pytest.raises(SourceError, match="binds :horizon_end, which needs `frequency`"):
        bound_query("select :horizon_end", dialect_named("sqlite"), {"as_of": 3})


@pytest.mark.parametrize(
    ("name", "dialect", "expected"),
    [
        ("as_of", "postgresql", datetime(2024, 1, 31, 12, tzinfo=UTC)),
        ("as_of", "mysql", datetime(2024, 1, 31, 12)),
        ("as_of", "sqlite", "2024-01-31 12:00:00"),
        ("horizon_end", "sqlite", "2024-01-31T12:00:00Z"),
    ],
)
def test_an_instant_is_given_in_utc_as_the_database_compares_it(name, dialect, expected):
    """SQLite compares texts: the moment sorts before an ISO stamp of its day, the horizon's end after one."""
    assert bind_value(name, NOON, dialect_named(dialect)) == expected


def test_dates_and_steps_are_themselves_except_that_sqlite_has_no_dates():
    assert bind_value("horizon_end", date(2024, 2, 7), dialect_named("mysql")) == date(2024, 2, 7)
    assert bind_value("horizon_end", date(2024, 2, 7), dialect_named("sqlite")) == "2024-02-07"
    assert bind_value("as_of", 41, dialect_named("sqlite")) == 41
