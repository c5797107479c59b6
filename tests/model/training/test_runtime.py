"""The deadline of a training, on clocks that are written down."""

from lstm.model.training.runtime import Deadline


def clock_of(*seconds: float):
    """A clock that shows these seconds, one a look."""
    times = iter(seconds)
    return lambda: next(times)


def test_seconds_count_from_the_start_and_the_limit_itself_is_too_late():
    """Begun at 100 s with 5 s to go: 104.9 s is in time, 105 s is not."""
    deadline = Deadline(clock_of(100.0, 104.9, 105.0), 5.0)
    assert [deadline.passed, deadline.passed] == [False, True]


def test_without_a_limit_it_never_passes():
    """Law: no limit is no deadline, however long it takes."""
    deadline = Deadline(clock_of(0.0, 1e9), None)
    assert not deadline.passed
    assert deadline.seconds == 1e9


def test_what_an_earlier_process_has_spent_counts():
    """30 s in another process and 2 s in this one are 32 s, of which the 2 s before it was known are no part."""
    deadline = Deadline(clock_of(7.0, 9.0, 11.0), 40.0)
    deadline.goes_on_from(30.0)
    assert deadline.seconds == 32.0
