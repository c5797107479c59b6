"""The backtest: the scale, the truth and the scores of hand-made panels."""

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from lstm.data.panel.seasonal_scale import seasonal_scale
from lstm.errors import EvaluationError
from lstm.evaluation.backtest.score import eligible_origins, overall, score, score_table, scored_truth, truth
from panels import make_panel

NAN = np.nan


def with_second_target(panel, values):
    """The panel with one more target, `z`. values: (T)."""
    targets = np.column_stack([panel.targets[:, 0], np.asarray(values, panel.targets.dtype)])
    return replace(panel, targets=targets, target_names=("y", "z"))


def as_forecast(*per_window):
    """(N, H, 1, 1) from a list of medians a window."""
    return np.array(per_window, dtype=np.float64)[:, :, None, None]


def rows_of(scores, **values):
    """Rows as dicts whose columns have these values."""
    return [row for row in scores.to_pylist() if all(row[name] == value for name, value in values.items())]


def table_of(panel, **contest):
    """The rows of a contest."""
    return score_table(panel, score(panel, **contest))


def constant_and_alternating():
    """Constant C (42) and alternating D (10, 12); season 1; four actuals after day 28."""
    histories = {"C": [42.0] * 32, "D": [10.0, 12.0] * 16}
    panel = make_panel(histories, horizon=4, cutoff=31)
    return panel, np.array([0, 1]), np.array([27, 27])


def test_truth_is_what_was_observed_after_each_cutoff():
    """Holes stay holes; steps beyond the data and before the series are unknown; nothing comes from a neighbour."""
    panel = make_panel({"a": [1, 2, NAN, 4, 5], "b": [7, 8]}, horizon=2, cutoff=4)
    values = truth(panel, np.array([0, 0, 0, 1, 1]), np.array([0, 1, 4, 3, 0]))
    np.testing.assert_array_equal(values[:, :, 0], [[2, NAN], [NAN, 4], [NAN, NAN], [8, NAN], [NAN, NAN]])


def test_a_target_that_had_not_begun_at_the_cutoff_is_not_scored():
    """z is first seen at ordinal 3: an origin at 2 cannot know its level, one at 3 can."""
    panel = make_panel({"a": [1, 2, 3, 4, 5]}, horizon=1, cutoff=4)
    panel = with_second_target(panel, [NAN, NAN, NAN, 8, 9, NAN])
    values = scored_truth(panel, np.array([0, 0]), np.array([2, 3]))
    np.testing.assert_array_equal(values[:, 0, :], [[4, NAN], [5, 9]])


def test_an_undefined_mase_is_counted_and_left_out_of_the_mean():
    """C's MASE is undefined, D's is 1 / 2, so the mean is 0.5 with one undefined of two."""
    panel, series, cutoffs = constant_and_alternating()
    forecast = as_forecast([43, 43, 43, 43], [11, 13, 11, 13])
    scores = table_of(
        panel,
        series=series,
        cutoffs=cutoffs,
        forecasts={"challenger": forecast},
        levels=(0.5,),
        scale=seasonal_scale(panel, 1, 27),
    )
    (total,) = rows_of(scores, scope="all")
    assert (total["points"], total["undefined"], total["mae"], total["mase"]) == (8, 1, 1.0, 0.5)
    (constant,) = rows_of(scores, scope="series", id="C")
    assert np.isnan(constant["mase"])
    assert (constant["undefined"], constant["mae"], constant["target"]) == (1, 1.0, "y")


def test_a_perfectly_weekly_history_does_not_stop_the_others():
    """C repeats its week and is undefined; D is off by one where a season changes by seven: 1 / 7."""
    weekly = [5.0, 7, 9, 11, 8, 3, 2]
    rising = [
        5.0,
        8,
        11,
        14,
        12,
        8,
        8,
        12,
        15,
        18,
        21,
        19,
        15,
        15,
        19,
        22,
        25,
        28,
        26,
        22,
        22,
        26,
        29,
        32,
        35,
        33,
        29,
        29,
    ]
    ahead = [33.0, 35, 37, 39, 36, 31, 30]
    panel = make_panel({"C": weekly * 5, "D": rising + ahead}, horizon=7, cutoff=34)
    forecast = as_forecast(weekly, [value + 1 for value in ahead])
    scores = table_of(
        panel,
        series=np.array([0, 1]),
        cutoffs=np.array([27, 27]),
        forecasts={"challenger": forecast},
        levels=(0.5,),
        scale=seasonal_scale(panel, 7, 27),
    )
    (only,) = rows_of(scores, scope="series", id="D")
    assert only["mase"] == pytest.approx(1 / 7)
    (total,) = rows_of(scores, scope="all")
    assert total["mase"] == pytest.approx(1 / 7)
    assert total["undefined"] == 1


def test_every_scope_has_its_rows_by_hand():
    """Two targets, two windows of one series, levels 0.1, 0.5, 0.9.

    y: truth 10, 20; median 12, 20; interval [11, 21] about both: 10 outside, 20 inside.
    z: truth -1 and a hole; median 1; interval [-2, 2].
    """
    panel = make_panel({"a": [10.0, 10, 20]}, horizon=1, cutoff=2)
    panel = with_second_target(panel, [0, -1, NAN, NAN])
    forecast = np.array([[[11, -2], [12, 1], [21, 2]], [[11, 0], [20, 0], [21, 0]]], dtype=float)[:, None]
    scores = table_of(
        panel,
        series=np.array([0, 0]),
        cutoffs=np.array([0, 1]),
        forecasts={"challenger": forecast, "baseline:naive": forecast},
        levels=(0.1, 0.5, 0.9),
        scale=np.array([[4.0, 0.5]]),
    )
    assert scores.column_names == [
        *("scope", "method", "id", "target", "points", "origins", "undefined"),
        *("mae", "rmse", "smape", "mase", "wql", "coverage", "bias"),
    ]
    y, z = rows_of(scores, scope="target", method="challenger")
    assert (y["id"], y["target"], y["points"], y["mae"], y["mase"], y["coverage"]) == (None, "y", 2, 1.0, 0.25, 0.5)
    assert (z["target"], z["points"], z["mae"], z["mase"], z["coverage"]) == ("z", 1, 2.0, 4.0, 1.0)
    assert y["rmse"] == pytest.approx(np.sqrt(2.0))
    # y: 12 for 10 and 20 for 20, on average one too high by a scale of 4; z: 1 for -1 by a scale of one half.
    assert (y["bias"], z["bias"], y["origins"], z["origins"]) == (0.25, 4.0, 2, 1)
    # 200 * 2 / 22 for the first, 0 for the second; 200 * 2 / 2 for z.
    assert y["smape"] == pytest.approx(100 / 11)
    assert z["smape"] == pytest.approx(200.0)
    # y: pinball 0.9 + 1 + 1.1 = 3.0 and 0.9 + 0 + 0.1 = 1.0; twice their mean over three levels, over 30.
    assert y["wql"] == pytest.approx(2 * 4.0 / 3 / 30)
    (total,) = rows_of(scores, scope="all", method="challenger")
    assert (total["id"], total["target"], total["points"], total["undefined"]) == (None, None, 3, 0)
    assert total["mae"] == pytest.approx(4 / 3)
    assert total["mase"] == pytest.approx((0.25 + 4.0) / 2)
    # z: 0.1 * 1 + 0.5 * 2 + 0.1 * 3 = 1.4.
    assert total["wql"] == pytest.approx(2 * 5.4 / 3 / 31)
    assert total["coverage"] == pytest.approx(2 / 3)
    assert len(rows_of(scores, scope="series", method="baseline:naive", id="a")) == 2


def test_overall_has_one_value_object_a_contestant_in_their_order():
    """C has no scale, so MASE is D's; both series were scored."""
    panel, series, cutoffs = constant_and_alternating()
    forecasts = {
        name: as_forecast([43] * 4, [11 + add] * 4) for add, name in enumerate(["challenger", "baseline:naive"])
    }
    scores = score(
        panel, series=series, cutoffs=cutoffs, forecasts=forecasts, levels=(0.5,), scale=np.array([[NAN], [2.0]])
    )
    first, second = overall(scores)
    assert (first.method, first.points, first.series, first.mase) == ("challenger", 8, 2, 0.5)
    assert (second.method, second.points, second.mase) == ("baseline:naive", 8, 0.5)
    assert np.isnan(first.coverage)


def test_levels_that_are_not_symmetric_have_no_coverage():
    """0.1 and 0.8 promise no interval about the median."""
    panel, series, cutoffs = constant_and_alternating()
    forecast = np.repeat(as_forecast([43] * 4, [11] * 4), 3, axis=2)
    scale = np.array([[NAN], [2.0]])
    scores = table_of(
        panel, series=series, cutoffs=cutoffs, forecasts={"c": forecast}, levels=(0.1, 0.5, 0.8), scale=scale
    )
    assert all(np.isnan(row["coverage"]) for row in scores.to_pylist())


def test_a_contestant_with_a_missing_forecast_is_named_with_their_number():
    """M2 leaves out the two hardest days; there is no score, so nothing can be compared."""
    panel = make_panel({"A": [10.0, 10, 11, 40, 12, 11, 45, 10]}, horizon=7, cutoff=7)
    forecasts = {"M1": as_forecast([11, 12, 30, 13, 12, 35, 11]), "M2": as_forecast([10, 11, NAN, 12, 11, NAN, 10])}
    with pytest.raises(EvaluationError, match="M2: 2 of 7 scored points have no finite forecast"):
        score(
            panel,
            series=np.array([0]),
            cutoffs=np.array([0]),
            forecasts=forecasts,
            levels=(0.5,),
            scale=np.array([[1.0]]),
        )


def test_a_forecast_of_another_shape_is_refused():
    """The message names the contestant and both shapes."""
    panel, series, cutoffs = constant_and_alternating()
    with pytest.raises(EvaluationError, match=r"champion forecast the shape \(2, 4, 1, 1\), \(2, 4, 3, 1\) is needed"):
        score(
            panel,
            series=series,
            cutoffs=cutoffs,
            forecasts={"champion": as_forecast([1] * 4, [1] * 4)},
            levels=(0.1, 0.5, 0.9),
            scale=np.ones((2, 1)),
        )


def test_a_key_column_with_the_name_of_a_score_keeps_both():
    """A user's key may be called `points`."""
    panel, series, cutoffs = constant_and_alternating()
    panel = replace(panel, keys=pa.table({"points": [7, 8]}))
    scores = table_of(
        panel,
        series=series,
        cutoffs=cutoffs,
        forecasts={"challenger": as_forecast([43] * 4, [11] * 4)},
        levels=(0.5,),
        scale=np.ones((2, 1)),
    )
    assert [row["series_points"] for row in rows_of(scores, scope="series")] == [7, 8]
    assert scores["series_points"].type == pa.int64()


def test_one_series_without_key_columns_and_nothing_observed_has_zero_points():
    """Everything is undefined, nothing raises, and the gates then fail."""
    panel = replace(make_panel({"a": [1.0, NAN]}, horizon=1, cutoff=1), keys=pa.table({}))
    scores = score(
        panel,
        series=np.array([0]),
        cutoffs=np.array([0]),
        forecasts={"challenger": as_forecast([NAN])},
        levels=(0.5,),
        scale=np.array([[1.0]]),
    )
    (total,) = overall(scores)
    assert total.points == 0
    assert np.isnan([total.mae, total.mase, total.wql, total.smape]).all()
    assert rows_of(score_table(panel, scores), scope="series") == []


def test_only_origins_that_no_contestant_has_read_are_eligible():
    """The later of 12 and 15 counts; an origin at 15 has its first target at 16."""
    np.testing.assert_array_equal(eligible_origins(np.array([11, 14, 15, 20]), [12, 15]), [False, False, True, True])
    assert eligible_origins(np.array([3]), []).all()
