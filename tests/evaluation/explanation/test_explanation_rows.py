"""An explanation as a table."""

import numpy as np
from explanations import by_hand

from lstm.evaluation.explanation.explanation import Explanation
from lstm.evaluation.explanation.explanation_rows import explanation_rows


def test_a_row_a_group_that_adds_up_to_the_forecast() -> None:
    """Two steps of one series: usual 100, and 1 + 2 - 4 at the first."""
    panel, explanation = by_hand([[[1, 2, -4], [0, 0, 0]]])
    rows = explanation_rows(panel, explanation)
    assert rows.column_names == [
        "id", "target", "cutoff", "time", "step", "group", "kind", "contribution", "usual", "forecast", "place",
    ]  # fmt: skip
    first = rows.slice(0, 3).to_pylist()
    assert [(row["group"], row["kind"], row["contribution"]) for row in first] == [
        ("level", "level", 1.0),
        ("weekly pattern", "season", 2.0),
        ("scheduled", "future", -4.0),
    ]
    assert {(row["id"], row["target"], str(row["time"]), row["step"]) for row in first} == {("a", "y", "2013-12-23", 1)}
    assert {(row["usual"], row["forecast"]) for row in first} == {(100.0, 99.0)}
    assert len(rows) == 6


def test_what_was_not_explained_has_no_rows() -> None:
    """Law: no row without a contribution, and a table of the same columns where there is nothing at all."""
    panel, explanation = by_hand([[[1, 2, -4], [np.nan] * 3]])
    assert explanation_rows(panel, explanation)["step"].to_pylist() == [1, 1, 1]
    nothing = explanation_rows(panel, Explanation(explanation.question, (), ()))
    assert nothing.schema.equals(explanation_rows(panel, explanation).schema)
    assert len(nothing) == 0
