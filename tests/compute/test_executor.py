"""Work in this process: one item after the other, taken when its turn comes."""

import worked
from lstm.compute.executor import InOrder


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
