"""The registry answers who serves, who served, and why; and what may be pruned."""

from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from nights import CONTRACT, NOW, keep, model_ref, register, run_key, verdict_of
from present import present

from lstm.errors import ConfigError, StoreError
from lstm.references import Receipt, RunKey
from lstm.storage.registry.lease import lease, this_process
from lstm.storage.registry.prune import prune_candidates
from lstm.storage.registry.registry import Registry

HOUR = timedelta(hours=1)


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


def test_who_was_champion_on_a_date_is_one_question(store):
    """v1 from six o'clock, v2 from eight, v1 again from ten."""
    registry = Registry(store)
    for name in ("first", "second"):
        register(store, name)
    for hours, version in ((0, 1), (2, 2), (4, 1)):
        registry.set_champion("small", version, who="me", why=f"after {hours} h", now=NOW + hours * HOUR)
    moments = {hours: NOW + hours * HOUR for hours in (-1, 0, 1, 2, 3, 4, 99)}
    served = {hours: registry.champions_between("small", moment, moment) for hours, moment in moments.items()}
    assert {hours: [change.version for change in changes] for hours, changes in served.items()} == {
        -1: [], 0: [1], 1: [1], 2: [2], 3: [2], 4: [1], 99: [1],
    }  # fmt: skip
    assert served[1][0].promoted_at == NOW
    assert present(registry.champion("small")).promoted_at == NOW + 4 * HOUR
    assert [(change.previous_version, change.version, change.why) for change in registry.promotions("small")] == [
        (2, 1, "after 4 h"),
        (1, 2, "after 2 h"),
        (None, 1, "after 0 h"),
    ]
    assert [(model.version, model.champion, model.promoted_at) for model in registry.models("small")] == [
        (2, False, NOW + 2 * HOUR),
        (1, True, NOW + 4 * HOUR),
    ]


def test_a_promotion_by_hand_needs_a_reason_and_one_of_the_champion_changes_nothing(store):
    """The reason is what people look for months later."""
    registry = Registry(store)
    register(store, "first")
    with pytest.raises(ConfigError, match="a reason is needed to make v1 champion"):
        registry.set_champion("small", 1, who="me", why=" ", now=NOW)
    registry.set_champion("small", 1, who="me", why="the first", now=NOW)
    assert registry.set_champion("small", 1, who="me", why="again", now=NOW + HOUR).promoted_at == NOW
    assert len(registry.promotions("small")) == 1


def test_a_rollback_goes_back_one_champion_each_time(store):
    """v1, v2, v3 served; back to v2, and from there to v1, not to v3 that was just left."""
    registry = Registry(store)
    with pytest.raises(StoreError, match=r"no version of small served before the champion \(there are: none\)"):
        registry.rollback_target("small")
    for version, name in enumerate(("first", "second", "third"), start=1):
        register(store, name)
        registry.set_champion("small", version, who="me", why="better", now=NOW + version * HOUR)
    for expected in (2, 1):
        assert registry.rollback_target("small") == expected
        registry.set_champion("small", expected, who="me", why="worse than thought", now=NOW + 9 * HOUR)
    with pytest.raises(StoreError, match=r"there are: v3, v2, v1\); name one: nightcast models promote"):
        registry.rollback_target("small")


def test_a_verdict_and_its_numbers_survive(store):
    """The later verdict of a run replaces the one before."""
    registry = Registry(store)
    assert registry.verdict("small.retrain.x") is None
    for promote in (True, False):
        keep(store, verdict_of("small.retrain.x", promote=promote))
    assert registry.verdict("small.retrain.x") == verdict_of("small.retrain.x")


def test_a_run_is_kept_with_how_it_ended(store):
    """A run that never began cannot end; the end stays known while the run is started again."""
    registry, key = Registry(store), run_key()
    with pytest.raises(StoreError, match="never began"):
        registry.finish_run(key.run_id, "published", 0, "good", NOW)
    assert registry.run(key.run_id) is None
    with lease(store, key, owner=this_process(), now=lambda: NOW):
        assert present(registry.run(key.run_id)).status == "running"
        registry.finish_run(key.run_id, "degraded", 3, "one series failed", NOW + HOUR)
    ended = present(registry.run(key.run_id))
    assert (ended.status, ended.exit_code, ended.sentence) == ("degraded", 3, "one series failed")
    assert (ended.started_at, ended.finished_at, ended.owner) == (NOW, NOW + HOUR, None)
    with lease(store, key, owner=this_process(), now=lambda: NOW + 2 * HOUR):
        again = present(registry.run(key.run_id))
    assert (again.status, again.exit_code, again.finished_at) == ("running", None, NOW + HOUR)
    assert [run.run_id for run in registry.runs("small")] == [key.run_id]
    with pytest.raises(StoreError, match="not 'perhaps'"):
        registry.finish_run(key.run_id, "perhaps", 0, "", NOW)


def test_a_delivery_is_pending_until_its_receipt_says_otherwise(store):
    """A failed one may follow a failed one; a good one ends it."""
    registry = Registry(store)
    registry.record_delivery("run", Receipt(sink="file", rows=0, delivered=False, message="disk full"), NOW)
    registry.record_delivery("run", Receipt(sink="table", rows=4, delivered=True), NOW)
    assert registry.pending_deliveries("run") == ["file"]
    registry.record_delivery("run", Receipt(sink="file", rows=4, delivered=True), NOW + HOUR)
    assert registry.pending_deliveries("run") == []


def test_pruning_spares_the_newest_runs_and_every_promoted_model(store):
    """Of five ended runs and one under way, two newest are kept; the oldest trained a model that once was champion."""
    registry = Registry(store)
    keys = [RunKey(pipeline="small", kind="retrain", as_of=f"2024-05-0{day}T00:00:00Z") for day in range(1, 7)]
    for day, key in enumerate(keys):
        with lease(store, key, owner=this_process(), now=partial(NOW.__add__, day * HOUR)):
            if day < 5:
                registry.finish_run(key.run_id, "published", 0, "good", NOW + day * HOUR)
    register(store, "champion once", keys[0].run_id)
    register(store, "champion now", keys[4].run_id)
    for version in (1, 2):
        registry.set_champion("small", version, who="me", why="test", now=NOW)
    assert prune_candidates(store, "small", 2) == [keys[2].run_id, keys[1].run_id]
    assert prune_candidates(store, "small", 5) == []


def test_times_are_kept_to_the_microsecond_in_utc(store):
    """An hour that a zone has twice is one instant in UTC; MariaDB's plain DATETIME would cut the fraction."""
    moment = datetime(2024, 11, 3, 6, 30, 0, 123456, tzinfo=UTC)
    Registry(store).register_model("small", "run", model_ref("x"), CONTRACT, {}, moment)
    assert Registry(store).model("small", 1).registered_at == moment
