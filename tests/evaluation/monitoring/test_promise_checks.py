"""The checks of the monitor, one by one."""

import pytest
from came_true import rows_of

from lstm.config import Monitor
from lstm.evaluation.monitoring.promise_checks import promise_checks
from lstm.evaluation.monitoring.promises import Promise

# Four nights of one series with the scale 1: errors 1, 1, 2, 2, and the naive errs by 3; two lie within a band of one.
ROWS = rows_of(*((0, 0, 1, night, night, 10.0, 10.0 + error, 13.0, 1.0) for night, error in enumerate((1, 1, 2, 2))))


def test_each_check_tells_what_came_what_it_is_held_against_and_by_how_much():
    """MASE 1.5 against 1.2 is +25 %, against 3 it is -50 %; the draws of four nights reach from 1 to 2."""
    promise, naive, coverage = promise_checks(ROWS, Promise(1.2, 0.8, "run"), Monitor(coverage_within=0.2), 1)
    assert (promise.observed, promise.reference, promise.passed) == (1.5, 1.2, True)
    assert (promise.low, promise.high) == pytest.approx((1 / 1.2 - 1, 2 / 1.2 - 1))
    assert promise.reason == "MASE 1.5, promised 1.2: +25 % (95 % interval -17 % to +67 %)"
    assert (naive.passed, naive.reason) == (True, "MASE 1.5, the seasonal naive 3: -50 %")
    assert (coverage.name, coverage.passed) == ("coverage of the 80 % band", False)
    assert coverage.reason == "50 % of what came lay within the band that promises 80 %"


def test_without_a_promise_its_check_does_not_apply():
    """The other two do."""
    assert [check.passed for check in promise_checks(ROWS, None, Monitor(), 1)] == [None, True, False]
