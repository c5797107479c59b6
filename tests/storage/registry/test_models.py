"""Versions of a pipeline count up, and say where they come from."""

import pytest
from nights import CONTRACT, NOW, model_ref, register

from lstm.config import Pipeline
from lstm.errors import StoreError
from lstm.references import Lineage
from lstm.storage.registry.models import kept_settings
from lstm.storage.registry.registry import Registry

LINEAGE = Lineage(
    panel_fingerprint="p", windows_fingerprint="w", settings={"name": "small"}, code_version="0.1.0",
    packages={"torch": "2.6"}, parent_version=None,
)  # fmt: skip


def test_versions_count_up_and_a_repeated_registration_answers_the_same(store):
    """A task may run twice; pipelines count on their own."""
    registry = Registry(store)
    assert [register(store, name) for name in ("first", "second", "first")] == [1, 2, 1]
    assert registry.register_model("other", "first", model_ref("first"), CONTRACT, {}, NOW) == 1
    assert [model.version for model in registry.models("small")] == [2, 1]
    assert registry.card("small", 2) == {"name": "second"}


def test_a_model_comes_back_as_it_was_registered(store):
    """Contract and times survive each database."""
    register(store, "first", "a run")
    found = Registry(store).model("small", 1)
    assert (found.label, found.run_id, found.uri) == ("v1", "a run", "runs/first/model")
    assert (found.contract, found.trained_through, found.served_through) == (CONTRACT, "2024-04-01", "2024-04-30")
    assert (found.registered_at, found.promoted_at) == (NOW, None)


def test_an_unknown_version_is_refused_with_those_there_are(store):
    """Also when it is to be promoted."""
    registry = Registry(store)
    with pytest.raises(StoreError, match=r"small has no model v3; there are: none"):
        registry.model("small", 3)
    register(store, "first")
    register(store, "second")
    with pytest.raises(StoreError, match=r"small has no model v3; there are: v1, v2"):
        registry.set_champion("small", 3, who="me", why="because", now=NOW)
    assert registry.champion("small") is None


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
