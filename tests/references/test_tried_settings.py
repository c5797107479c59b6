"""What a tuning has tried."""

from tunings import search_of, tried


def test_the_best_comes_first_and_of_equals_the_earlier():
    """Law: a trial without a score is in no order; the first trial is the file's setting."""
    search = search_of(tried(0, 0.3), tried(1, None, failure="it diverged"), tried(2, 0.1), tried(3, 0.1))
    assert [trial.number for trial in search.scored] == [2, 3, 0]
    assert search.current.number == 0
