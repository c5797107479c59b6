"""Work in this process: one item after the other, taken when its turn comes."""

import pytest

import worked
from lstm.compute.executor import InOrder, fitting_into
from lstm.errors import ConfigError


def test_items_are_worked_on_in_order_and_call_home():
    home = worked.Home()
    assert InOrder().map(worked.told_home, None, iter([3, 1]), home) == [6, 2]
    assert home.heard == [3, 1]


def test_an_item_is_taken_when_its_turn_comes():
    """So that items which are made one by one are never in memory together."""
    home = worked.Home()

    def items():
        for item in range(3):
            assert home.heard == list(range(item))
            yield item

    assert InOrder().map(worked.told_home, None, items(), home) == [0, 2, 4]


def test_one_process_is_no_two_ranks():
    with pytest.raises(ConfigError, match="2 ranks need as many processes"):
        InOrder().together(worked.meets, None, 2)


def test_items_side_by_side_are_as_many_as_memory_has_room_for():
    """A process of 400 MB and an item of 100 MB: two fit into 1.2 GB, one is always done, and no limit is no limit."""
    assert fitting_into(1_200_000_000, 100_000_000) == 2
    assert fitting_into(1_000, 100_000_000) == 1
    assert fitting_into(None, 100_000_000) is None
