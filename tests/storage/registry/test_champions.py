"""Who serves, who served, and what a person may make champion."""

from datetime import timedelta

import pytest
from nights import CONTRACT, NOW, forecast_rows, publish_night, register, run_key
from present import present

from lstm.errors import ModelError, StoreError
from lstm.storage.registry.registry import Registry

HOUR = timedelta(hours=1)


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
