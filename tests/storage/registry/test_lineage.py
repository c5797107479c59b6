"""Where versions come from and what their gates found; baselines as versions; who was champion, also in plain SQL."""

import re
from datetime import timedelta
from typing import Any

import pytest
from nights import CONTRACT, NOW, forecast_rows, gate_of, keep, model_ref, publish_night, register, run_key, verdict_of
from present import present
from sqlalchemy import text

from lstm.config import Pipeline
from lstm.errors import ConfigError, ModelError
from lstm.references import Lineage, MethodScores
from lstm.storage.registry.models import kept_settings
from lstm.storage.registry.registry import Registry
from pages import ROOT

HOUR = timedelta(hours=1)
PAGE = ROOT / "docs" / "how-to" / "rollback.md"
LINEAGE = Lineage(
    panel_fingerprint="p", windows_fingerprint="w", settings={"name": "small"}, code_version="0.1.0",
    packages={"torch": "2.6"}, parent_version=None,
)  # fmt: skip


def documented(number):
    page = PAGE.read_text(encoding="utf-8").replace("'sales'", "'small'")
    return re.findall(r"```sql\n(.*?)```", page, re.DOTALL)[number]


def in_sql(store, query):
    with store.begin() as connection:
        if store.dialect.name == "postgresql":
            connection.execute(text("SET TIME ZONE 'UTC'"))
        return [tuple(row) for row in connection.execute(text(query))]


def test_a_model_keeps_where_it_comes_from(store):
    """The first registration stands when the run is judged again, though the champion is another by then."""
    registry = Registry(store)
    for parent in (None, 7):
        lineage = LINEAGE.model_copy(update={"parent_version": parent})
        registry.register_model("small", "run", model_ref("x"), CONTRACT, {}, NOW, lineage=lineage)
    assert registry.lineage("small", 1) == LINEAGE
    register(store, "second")
    assert registry.lineage("small", 2) is None


def test_the_settings_that_are_kept_hold_references_and_places_and_no_secret():
    """A password by another name than `password` in a URL's options goes too."""
    source = {"url": "postgresql://host/db?sslpassword=not-real", "table": "t", "time": "day", "targets": ["y"]}
    store = {"url": "env:STORE_URL"}
    sink = {"name": "s", "url": "sqlite:///out.db", "table": "t"}
    pipeline = Pipeline.model_validate({"name": "p", "horizon": 2, "source": source, "store": store, "sinks": [sink]})
    kept = kept_settings(pipeline)
    assert kept["source"]["url"] == "postgresql://host/db"
    assert (kept["store"]["url"], kept["sinks"][0]["url"]) == ("env:STORE_URL", "sqlite:///out.db")
    assert "not-real" not in str(kept)


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


def test_those_who_served_in_a_span_are_told_from_the_one_who_served_at_its_start(store):
    """v1 from five, v2 from six, v1 from seven: between 05:30 and 06:30 both served."""
    registry = Registry(store)
    for name in ("first", "second"):
        register(store, name)
    for hours, version in ((-1, 1), (0, 2), (1, 1)):
        registry.set_champion("small", version, who="me", why="test", now=NOW + hours * HOUR)

    def served(start, end):
        return [change.version for change in registry.champions_between("small", NOW + start * HOUR, NOW + end * HOUR)]

    assert served(-0.5, 0.5) == [1, 2]
    assert served(0, 0) == [2]
    assert served(-3, -2) == []
    assert served(-3, 9) == [1, 2, 1]


def test_a_baseline_is_a_version_that_can_be_champion_and_be_rolled_back_to(store):
    """The same one with the same contract keeps its version; with another horizon it is another."""
    registry = Registry(store)
    register(store, "first")
    assert registry.register_baseline("small", "naive", CONTRACT, NOW) == 2
    assert registry.register_baseline("small", "baseline:naive", CONTRACT, NOW) == 2
    assert registry.register_baseline("small", "naive", CONTRACT.model_copy(update={"horizon": 3}), NOW) == 3
    found = registry.model("small", 2)
    assert (found.uri, found.fingerprint, found.run_id) == ("baseline:naive", "baseline:naive", "")
    assert (found.trained_through, found.served_through, registry.card("small", 2)) == ("", "", {})
    assert registry.lineage("small", 2) is None
    assert [model.made_by for model in registry.models("small")] == ["baseline:naive", "baseline:naive", "trained"]
    for version in (2, 1):
        registry.set_champion("small", version, who="me", why="test", now=NOW)
    assert registry.rollback_target("small") == 2


def test_a_version_of_another_contract_is_not_promoted_by_hand(store):
    """The message says what differs, and the champion stays."""
    register(store, "first")
    wanted = CONTRACT.model_copy(update={"horizon": 5, "targets": ("z",)})
    with pytest.raises(ModelError, match=r"v1 has another contract.*targets was \('y',\), is \('z',\); horizon was 2"):
        Registry(store).set_champion("small", 1, who="me", why="test", now=NOW, contract=wanted)
    assert Registry(store).champion("small") is None


def test_a_version_that_cannot_serve_is_not_promoted_by_hand(store):
    """Whether it can is asked inside the transaction, where nobody prunes."""
    register(store, "first")

    def gone(model):
        raise ModelError(f"the folder of {model.label} is gone")

    with pytest.raises(ModelError, match="the folder of v1 is gone"):
        Registry(store).set_champion("small", 1, who="me", why="test", now=NOW, check=gone)
    with pytest.raises(ModelError, match="the folder of v1 is gone"):
        publish_night(store, forecast_rows(), challenger=1, check=gone)
    assert Registry(store).champion("small") is None
    assert Registry(store).verdict(run_key().run_id) is None


def test_a_reason_of_blanks_is_none_and_blanks_around_one_are_cut(store):
    """Months later nobody remembers."""
    register(store, "first")
    with pytest.raises(ConfigError, match="a reason is needed to make v1 champion"):
        Registry(store).set_champion("small", 1, who="me", why=" \t\n", now=NOW)
    Registry(store).set_champion("small", 1, who="me", why=" a reason \n", now=NOW)
    assert Registry(store).promotions("small")[0].why == "a reason"


def scored(run_id):
    numbers = dict.fromkeys(("mae", "rmse", "smape", "mase", "wql", "coverage"), 0.5)
    return verdict_of(run_id).model_copy(update={"scores": (MethodScores(method="challenger", points=1, **numbers),)})


@pytest.mark.parametrize("kind", ["dates", "steps"])
def test_the_newest_scores_are_those_of_the_newest_cutoff_not_of_the_latest_start(store, kind):
    """A replay of an older night comes later; step 9 is older than 10; runs without scores or training do not count."""
    import pyarrow as pa

    registry = Registry(store)
    assert registry.newest_scores("small") is None
    cutoffs: list[Any] = ["2024-04-30", "2024-04-29"] if kind == "dates" else [10, 9]
    for cutoff in cutoffs:
        rows = forecast_rows(ids=["A"])
        key = run_key().model_copy(update={"as_of": str(cutoff)})
        if kind == "steps":
            for name, values in (("cutoff", [cutoff] * 2), ("time", [cutoff + 1, cutoff + 2])):
                rows = rows.set_column(rows.column_names.index(name), name, pa.array(values))
        else:
            from datetime import date

            rows = forecast_rows(date.fromisoformat(cutoff), ids=["A"])
        publish_night(store, rows, key=key)
        keep(store, scored(key.run_id))
    newest = run_key().model_copy(update={"as_of": str(cutoffs[0])}).run_id
    assert present(registry.newest_scores("small")).run_id == newest
    keep(store, verdict_of(newest))
    assert present(registry.newest_scores("small")).run_id != newest


def test_a_promotion_that_stands_is_known_as_decided(store):
    """Only to the run that made it, for its own version, and while that still is champion."""
    run = run_key().run_id
    first, second = register(store, "first", run), register(store, "second")
    registry = Registry(store)
    assert registry.standing_promotion("small", run, first) is None
    publish_night(store, forecast_rows(), challenger=first)
    assert present(registry.standing_promotion("small", run, first)).promote
    assert registry.standing_promotion("small", "another", first) is None
    assert registry.standing_promotion("small", run, second) is None
    registry.set_champion("small", second, who="me", why="test", now=NOW + HOUR)
    assert registry.standing_promotion("small", run, first) is None
