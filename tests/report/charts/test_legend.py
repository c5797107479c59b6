"""Names, order and colours of contestants."""

from lstm.contestants import method_name
from lstm.report.charts.legend import by_rows, in_order


def test_contestants_come_in_a_fixed_order() -> None:
    """Challenger, champion, baselines, then others by name."""
    assert in_order({"b", "champion", "a", "baseline:naive", "challenger"}) == [
        "challenger",
        "champion",
        "baseline:naive",
        "a",
        "b",
    ]
    assert method_name("baseline:seasonal_naive") == "seasonal naive baseline"


def test_a_legend_of_two_rows_reads_by_rows() -> None:
    """matplotlib puts the first two of these five into the first column, one into each other."""
    assert by_rows(list("abcde"), columns=4) == list("aebcd")
