"""What gates decided and who was champion are tables that plain SQL reads."""

import re
from datetime import UTC, datetime, timedelta

from nights import CONTRACT, NOW, forecast_rows, gate_of, model_ref, publish_night, register, run_key
from sqlalchemy import text

from lstm.storage.registry.registry import Registry
from pages import ROOT

HOUR = timedelta(hours=1)


PAGE = ROOT / "docs" / "how-to" / "rollback.md"


def documented(number):
    page = PAGE.read_text(encoding="utf-8").replace("'sales'", "'small'")
    return re.findall(r"```sql\n(.*?)```", page, re.DOTALL)[number]


def in_sql(store, query):
    with store.begin() as connection:
        if store.dialect.name == "postgresql":
            connection.execute(text("SET TIME ZONE 'UTC'"))
        return [tuple(row) for row in connection.execute(text(query))]


def test_each_gate_is_a_row_that_plain_sql_finds(store):
    """In the verdict's order; what is undefined is NULL on every database; a later verdict replaces all rows."""
    run = run_key().run_id
    register(store, "first", run)
    gates = [gate_of("b"), gate_of("a", passed=None, observed=float("nan")), gate_of("b", segment="target y")]
    publish_night(store, forecast_rows(), gates=[gate_of("older")])
    publish_night(store, forecast_rows(), gates=gates)
    assert in_sql(store, documented(1)) == [
        (1, "b", "", True, 0.5, 0.75, "better by 2 %", "b says so"),
        (1, "a", "", None, None, 0.75, "better by 2 %", "a says so"),
        (1, "b", "target y", True, 0.5, 0.75, "better by 2 %", "b says so"),
    ]


def test_who_was_champion_is_one_query_of_plain_sql(store):
    """As in docs/how-to/rollback.md, at 06:00 of 1 May: v2 since then, not the v1 of an hour later."""
    registry = Registry(store)
    for name in ("first", "second"):
        register(store, name)
    for hours, version in ((-1, 1), (0, 2), (1, 1)):
        registry.set_champion("small", version, who="me", why=f"at {hours}", now=NOW + hours * HOUR)
    ((version, uri, since, run_id, who, why),) = in_sql(store, documented(0))
    assert (version, uri, run_id, who, why) == (2, "runs/second/model", None, "me", "at 0")
    assert str(since).startswith("2024-05-01 06:00:00")
    (change,) = registry.champions_between("small", NOW, NOW)
    assert (change.version, change.why, change.promoted_at) == (2, "at 0", NOW)


def test_times_are_kept_to_the_microsecond_in_utc(store):
    """An hour that a zone has twice is one instant in UTC; MariaDB's plain DATETIME would cut the fraction."""
    moment = datetime(2024, 11, 3, 6, 30, 0, 123456, tzinfo=UTC)
    Registry(store).register_model("small", "run", model_ref("x"), CONTRACT, {}, moment)
    assert Registry(store).model("small", 1).registered_at == moment
