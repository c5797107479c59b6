"""Scores of forecasts that came true, worked by hand."""

import numpy as np
import pytest
from came_true import REPLAY, V1, rows_of

from lstm.evaluation.monitoring.realised_scores import overall_scores, score_table
from panels import DAILY


def test_mase_is_the_mean_over_series_of_their_own_scaled_errors():
    """A: errors 1 and 3 by scale 2, MASE 1; B: error 4 by scale 1, MASE 4; together 2.5, though A has two points.

    Signed, A has +1 and -3 by 2, mean -0.5, and B +4: bias 1.75. MAE 8/3. The naive: A 2, 2 by 2 is 1; B 0.
    """
    scores = overall_scores(
        rows_of(
            (0, 0, 1, 10, 0, 10.0, 11.0, 12.0, 2.0),
            (0, 0, 2, 10, 0, 10.0, 7.0, 8.0, 2.0),
            (0, 1, 1, 11, 0, 10.0, 14.0, 10.0, 1.0),
        )
    )
    assert (scores["points"], scores["origins"]) == (3, 2)
    assert (scores["mase"], scores["naive_mase"], scores["bias"]) == (2.5, 0.5, 1.75)
    assert scores["mae"] == pytest.approx(8 / 3)
    assert scores["coverage"] == pytest.approx(1 / 3)  # |error| at most 1: the first only


def test_wql_is_the_sum_of_quantile_losses_over_the_sum_of_actuals():
    """One point, y = 10, q = 11, 12, 13: pinball 0.9, 1, 0.3; twice their mean is 4.4/3; over 10."""
    assert overall_scores(rows_of((0, 0, 1, 10, 0, 10.0, 12.0, 10.0, 1.0)))["wql"] == pytest.approx(4.4 / 3 / 10)


def test_a_series_without_a_scale_or_a_naive_is_left_out_of_what_needs_it():
    """B never moved: its MASE is undefined, its MAE is not."""
    scores = overall_scores(
        rows_of((0, 0, 1, 10, 0, 10.0, 11.0, np.nan, 2.0), (0, 1, 1, 10, 0, 10.0, 13.0, 10.0, np.nan))
    )
    assert (scores["mase"], scores["mae"]) == (0.5, 2.0)
    assert np.isnan(scores["naive_mase"])


def test_the_table_has_a_row_a_scope_and_keeps_backfills_apart():
    """Two models of one version, one by a replay: `served` knows nothing of it."""
    rows = rows_of(
        (0, 0, 1, 10, 0, 10.0, 11.0, 10.0, 1.0), (0, 0, 2, 10, 0, 10.0, 12.0, 10.0, 1.0),
        (1, 1, 1, 10, 1, 10.0, 15.0, 10.0, 1.0), models=(V1, REPLAY),
    )  # fmt: skip
    table = score_table(rows, DAILY)
    by_scope: dict[str, list[dict[str, object]]] = {}
    for row in table.to_pylist():
        by_scope.setdefault(row["scope"], []).append(row)
    assert {scope: len(group) for scope, group in by_scope.items()} == {
        "model": 2, "target": 2, "series": 2, "step": 3, "origin": 2, "served": 1,
    }  # fmt: skip
    assert [(row["backfill"], row["mase"]) for row in by_scope["model"]] == [(False, 1.5), (True, 5.0)]
    assert (by_scope["served"][0]["cutoff"], by_scope["served"][0]["mase"]) == ("1970-01-11", 1.5)
    steps = [row for row in by_scope["step"] if not row["backfill"]]
    assert [(row["step"], row["error_q50"], row["coverage_q10_q90"]) for row in steps] == [(1, 1.0, 1.0), (2, 2.0, 0.0)]
    assert by_scope["series"][0]["series"] == "A"


def test_the_table_of_nothing_has_its_columns():
    """A pipeline whose forecasts all wait for their actuals."""
    table = score_table(rows_of(models=()), DAILY)
    assert table.num_rows == 0
    assert "coverage_q10_q90" in table.column_names
