"""Names of contestants: which are baselines, how people say them, and which is the best."""

import pytest

from lstm.contestants import best_baseline, is_baseline, method_name, short_name

NAN = float("nan")


def test_the_best_baseline_is_the_lowest_that_is_defined():
    """Ridge is one where it is asked who serves, and has a gate of its own else."""
    values = {"challenger": 0.1, "baseline:naive": 0.9, "baseline:seasonal_naive": NAN, "baseline:ridge": 0.7}
    assert best_baseline(values, ridge=True) == "baseline:ridge"
    assert best_baseline(values, ridge=False) == "baseline:naive"
    assert best_baseline({"challenger": 0.1, "baseline:naive": NAN}, ridge=True) is None


@pytest.mark.parametrize(
    ("method", "baseline", "name", "short"),
    [
        ("baseline:seasonal_naive", True, "seasonal naive baseline", "seasonal_naive"),
        ("champion", False, "champion", "champion"),
        ("small.retrain.20240430T000000Z/model", False, *["small.retrain.20240430T000000Z/model"] * 2),
    ],
)
def test_a_method_is_a_baseline_by_its_prefix_and_has_a_name_for_people(method, baseline, name, short):
    """A version's `uri` is the folder of a model, or names a baseline."""
    assert (is_baseline(method), method_name(method), short_name(method)) == (baseline, name, short)
