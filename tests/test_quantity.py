"""A noun in a sentence follows its number."""

import pytest

from lstm.quantity import quantity


@pytest.mark.parametrize(("number", "words"), [(0, "0 steps"), (1, "1 step"), (2, "2 steps"), (26115, "26,115 steps")])
def test_only_one_is_singular(number, words):
    """English: zero is plural; thousands have commas as everywhere in reports."""
    assert quantity(number, "step") == words


def test_a_plural_without_s_is_given():
    """English: a series, two series."""
    assert [quantity(number, "series", "series") for number in (1, 3)] == ["1 series", "3 series"]
