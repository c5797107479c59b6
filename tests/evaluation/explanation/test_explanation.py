"""Groups: which of them are parts of the history, and switched inside it."""

from lstm.evaluation.explanation.explanation import Group


def test_level_trend_pattern_and_rest_are_parts_of_the_history() -> None:
    """Law: covariates, the calendar, and what a method is fitted to anew are switched as columns, or not at all."""
    of_history = [Group("x", "level"), Group("x", "trend"), Group("x", "season", 7), Group("x", "rest")]
    others = [Group("x", "past"), Group("x", "future"), Group("x", "calendar"), Group("x", "history")]
    assert all(group.of_history for group in of_history)
    assert not any(group.of_history for group in others)
