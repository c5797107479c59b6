"""Shapley values of a few groups, from what is forecast for every coalition of them.

Shapley (1953), "A value for n-person games": a group's contribution is what its coming adds to a coalition of others,
averaged over all orders in which groups can come. Letters: G groups, coalitions 0 to 2^G - 1, of which number s holds
group g where bit g of s is set; so the first is empty and the last one whole.
"""

from math import factorial

import numpy as np


def members_of(groups: int) -> np.ndarray:
    """bool (2^G, G): which groups each coalition holds."""
    return np.asarray((np.arange(1 << groups)[:, None] >> np.arange(groups)) & 1, bool)


def shapley(values: np.ndarray) -> np.ndarray:
    """float64 (..., G): contributions, whose sum is the value of the whole coalition less that of the empty one.

    values: float64 (..., 2^G), of every coalition. NaN where one of them is.
    """
    return np.asarray(values @ _weights(values.shape[-1].bit_length() - 1))


def _weights(groups: int) -> np.ndarray:
    """float64 (2^G, G): what each coalition's value counts for each group's contribution."""
    # A coalition of size k without the group comes before it in k! (G - k - 1)! of the G! orders.
    members = members_of(groups)
    size = members.sum(axis=1)
    before = [factorial(k) * factorial(groups - k - 1) / factorial(groups) for k in range(groups)]
    joined, alone = np.array([0.0, *before])[size], np.array([*before, 0.0])[size]
    return np.asarray(np.where(members, joined[:, None], -alone[:, None]))
