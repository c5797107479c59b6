"""Scores as tables."""

from stories import make_story

from lstm.report.run.score_tables import score_tables


def test_scores_come_over_all_then_by_target() -> None:
    """One target needs no table of its own."""
    assert [table.title for table in score_tables(make_story())] == ["y"]
    assert [table.title for table in score_tables(make_story(targets=("a", "b")))] == ["all targets", "a", "b"]


def test_a_column_has_the_decimals_of_its_smallest_value() -> None:
    """0.8 has three digits as 0.800, and so has 1.000 below it."""
    (table,) = score_tables(make_story())
    assert [cells[0] for _, cells in table.rows] == [
        ("0.800", True),
        ("1.000", False),
        ("1.200", False),
        ("1.400", False),
    ]
    assert [name for name, _ in table.rows] == [
        "challenger v3",
        "champion v2",
        "naive baseline",
        "seasonal naive baseline",
    ]
