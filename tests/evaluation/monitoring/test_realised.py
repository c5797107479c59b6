"""Scores of forecasts that came true, worked by hand."""

import numpy as np
import pytest
from came_true import REPLAY, V1, V2, rows_of

from lstm.evaluation.monitoring.realised import (
    ModelLabel,
    Realised,
    group_scores,
    intervals,
    score_table,
    seasonal_naive_at,
)
from lstm.model.baselines.methods import seasonal_naive
from panels import DAILY, make_panel


def one_group(rows: Realised) -> dict[str, float]:
    return {name: float(values[0]) for name, values in group_scores(rows, np.zeros(len(rows), int), 1).items()}


def test_mase_is_the_mean_over_series_of_their_own_scaled_errors():
    """A: errors 1 and 3 by scale 2, MASE 1; B: error 4 by scale 1, MASE 4; together 2.5, though A has two points.

    Signed, A has +1 and -3 by 2, mean -0.5, and B +4: bias 1.75. MAE 8/3. The naive: A 2, 2 by 2 is 1; B 0.
    """
    scores = one_group(
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
    assert one_group(rows_of((0, 0, 1, 10, 0, 10.0, 12.0, 10.0, 1.0)))["wql"] == pytest.approx(4.4 / 3 / 10)


def test_a_series_without_a_scale_or_a_naive_is_left_out_of_what_needs_it():
    """B never moved: its MASE is undefined, its MAE is not."""
    scores = one_group(rows_of((0, 0, 1, 10, 0, 10.0, 11.0, np.nan, 2.0), (0, 1, 1, 10, 0, 10.0, 13.0, 10.0, np.nan)))
    assert (scores["mase"], scores["mae"]) == (0.5, 2.0)
    assert np.isnan(scores["naive_mase"])


def test_of_two_publications_of_a_cutoff_the_last_one_counts():
    """Rank 7 was published after rank 3; of each model, its own last."""
    rows = rows_of(
        (0, 0, 1, 10, 7, 10.0, 11.0, 10.0, 1.0), (1, 0, 1, 10, 3, 10.0, 19.0, 10.0, 1.0),
        (1, 0, 1, 11, 3, 10.0, 12.0, 10.0, 1.0), models=(V1, V2),
    )  # fmt: skip
    assert rows.latest(each_model=False).forecast.tolist() == [11.0, 12.0]
    assert rows.latest(each_model=True).forecast.tolist() == [11.0, 19.0, 12.0]
    assert len(rows_of().latest(each_model=True)) == 0


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
    assert {scope: len(found) for scope, found in by_scope.items()} == {
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


def test_intervals_are_the_even_pairs_widest_first():
    """0.3 has no partner."""
    assert intervals((0.1, 0.25, 0.3, 0.5, 0.75, 0.9)) == [(0.1, 0.9), (0.25, 0.75)]
    assert intervals((0.5,)) == []


def test_the_naive_forecast_of_a_row_is_that_of_the_baseline():
    """Law: row by row the same as `baselines.seasonal_naive`, also over gaps, two seasons ahead and a late start."""
    rng = np.random.default_rng(3)
    histories = {"A": rng.normal(size=40), "B": rng.normal(size=9)}
    histories["A"][rng.random(40) < 0.5] = np.nan
    histories["A"][-20:-10] = np.nan
    panel = make_panel(histories, horizon=9, cutoff=100, dtype=np.float64)
    series = np.array([0, 0, 0, 1, 1])
    cutoffs = np.array([99, 93, 80, 98, 92])
    whole = seasonal_naive(panel, series, cutoffs, (0.5,), 4)[:, :, 0, 0]
    steps = np.arange(1, 10)
    rows = np.repeat(series, 9), np.zeros(45, int), np.repeat(cutoffs, 9), (cutoffs[:, None] + steps).ravel()
    np.testing.assert_array_equal(seasonal_naive_at(panel, *rows, season=4).reshape(5, 9), whole)


@pytest.mark.parametrize(
    ("label", "text"),
    [
        (ModelLabel("champion", 12), "v12"),
        (ModelLabel("baseline:seasonal_naive", None), "seasonal naive baseline"),
        (ModelLabel("baseline:theta", 3), "v3, the theta baseline"),
    ],
)
def test_a_model_is_named_as_people_say_it(label, text):
    """A baseline may be a version too."""
    assert label.text == text
