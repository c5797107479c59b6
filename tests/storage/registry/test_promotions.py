"""A change of champion has a reason."""

from datetime import timedelta

import pytest
from nights import NOW, register

from lstm.errors import ConfigError
from lstm.storage.registry.registry import Registry

HOUR = timedelta(hours=1)


def test_a_promotion_by_hand_needs_a_reason_and_one_of_the_champion_changes_nothing(store):
    """The reason is what people look for months later."""
    registry = Registry(store)
    register(store, "first")
    with pytest.raises(ConfigError, match="a reason is needed to make v1 champion"):
        registry.set_champion("small", 1, who="me", why=" ", now=NOW)
    registry.set_champion("small", 1, who="me", why="the first", now=NOW)
    assert registry.set_champion("small", 1, who="me", why="again", now=NOW + HOUR).promoted_at == NOW
    assert len(registry.promotions("small")) == 1


def test_a_reason_of_blanks_is_none_and_blanks_around_one_are_cut(store):
    """Months later nobody remembers."""
    register(store, "first")
    with pytest.raises(ConfigError, match="a reason is needed to make v1 champion"):
        Registry(store).set_champion("small", 1, who="me", why=" \t\n", now=NOW)
    Registry(store).set_champion("small", 1, who="me", why=" a reason \n", now=NOW)
    assert Registry(store).promotions("small")[0].why == "a reason"
