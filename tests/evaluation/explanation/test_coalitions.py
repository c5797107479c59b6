"""Shapley values of a few groups: the game by hand, and the laws that define them."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from lstm.evaluation.explanation.coalitions import members_of, shapley


def test_two_groups_by_hand() -> None:
    """v() = 1, v(a) = 4, v(b) = 3, v(ab) = 10: a adds 3 or 7, b adds 2 or 6, each order once, so 5 and 4."""
    assert shapley(np.array([1.0, 4.0, 3.0, 10.0])).tolist() == [5.0, 4.0]


def test_the_glove_game() -> None:
    """Shubik's market: one left glove, two right ones, a pair is worth 1. The left one gets 2/3, each right one 1/6."""
    members = members_of(3)
    values = (members[:, 0] & (members[:, 1] | members[:, 2])).astype(float)
    np.testing.assert_allclose(shapley(values), [2 / 3, 1 / 6, 1 / 6], rtol=1e-12)


def test_coalitions_are_numbered_by_their_members() -> None:
    """Number 5 of three groups holds the first and the third."""
    assert members_of(3)[5].tolist() == [True, False, True]
    assert not members_of(3)[0].any()
    assert members_of(3)[-1].all()


@given(arrays(float, (3, 16), elements=st.floats(-100, 100)))
def test_contributions_add_up_to_the_difference(values: np.ndarray) -> None:
    """Law of efficiency: all of it is shared out."""
    np.testing.assert_allclose(shapley(values).sum(axis=-1), values[:, -1] - values[:, 0], atol=1e-10)


@given(arrays(float, (4,), elements=st.floats(-100, 100)))
def test_a_group_that_changes_nothing_gets_nothing(values: np.ndarray) -> None:
    """Law of the null player, here the third of three groups."""
    np.testing.assert_allclose(shapley(np.tile(values, 2))[2], 0.0, atol=1e-12)


def test_what_is_not_known_stays_so() -> None:
    """One coalition without a value leaves no contribution known."""
    assert np.isnan(shapley(np.array([1.0, np.nan, 3.0, 10.0]))).all()
