"""What a worker makes of work that goes wrong."""

import pytest

import worked
from lstm.compute.local_workers import Processes


def test_an_error_that_cannot_be_sent_comes_as_its_text():
    """It is no RuntimeError, for which a refit would be given up, unless it was one."""
    with Processes(2) as processes, pytest.raises(Exception, match="UnsendableError: no way") as error:
        processes.map(worked.unsendable, None, range(2))
    assert not isinstance(error.value, RuntimeError)


def test_a_result_that_cannot_be_pickled_is_an_error_of_the_work():
    with Processes(2) as processes, pytest.raises(Exception, match="pickle"):
        processes.map(worked.unpicklable, None, range(2))
