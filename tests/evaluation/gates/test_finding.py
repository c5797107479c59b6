"""Numbers held against fixed bounds: on the bound they pass, and what is not known has not passed."""

import pytest

from lstm.config import Gate
from lstm.evaluation.gates.finding import bounded

ENOUGH = Gate(name="enough", metric="points", at_least=20)
SMALL = Gate(name="small", metric="smape", at_most=12.0)
COVERS = Gate(name="covers", metric="coverage", within=0.15)


@pytest.mark.parametrize(
    ("gate", "observed", "passed", "threshold"),
    [
        (ENOUGH, 20, True, "at least 20"),
        (ENOUGH, 19, False, "at least 20"),
        (SMALL, 12.0, True, "at most 12"),
        (SMALL, 12.1, False, "at most 12"),
        (COVERS, 0.65, True, "0.65 to 0.95"),
        (COVERS, 0.951, False, "0.65 to 0.95"),
    ],
)
def test_a_number_on_its_bound_passes_and_one_beyond_fails(gate, observed, passed, threshold):
    """0.65 belongs to 0.8 plus or minus 0.15, though 0.8 - 0.65 exceeds 0.15 in binary."""
    finding = bounded(gate, observed, "the number", middle=0.8)
    assert (finding.passed, finding.threshold, finding.observed) == (passed, threshold, observed)


def test_the_reason_tells_the_number_and_on_which_side_of_its_bound_it_lies():
    """The clause that a verdict uses."""
    assert bounded(ENOUGH, 20, "the count").reason == "the count is 20, at least 20"
    assert bounded(ENOUGH, 19, "the count").reason == "the count is 19, below 20"
    assert bounded(SMALL, 12.5, "the error").reason == "the error is 12.5, above 12"
    assert bounded(COVERS, 0.41, "the coverage", middle=0.8).reason == "the coverage is 0.41, outside 0.65 to 0.95"


@pytest.mark.parametrize("observed", [None, float("nan"), float("inf")])
def test_what_is_not_known_has_not_passed(observed):
    """`NaN <= 12` is false, but `not NaN > 12` is true: neither is asked."""
    finding = bounded(SMALL, observed, "the error")
    assert (finding.passed, finding.reason) == (False, "undefined metric: the error is not known")
