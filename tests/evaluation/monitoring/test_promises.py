"""What backtests promised, looked up in verdicts."""

import pytest
from came_true import V1, V2, rows_of
from present import present

from lstm.evaluation.monitoring.promises import Promise, promised_of, promises_of
from lstm.evaluation.monitoring.realised import ModelLabel
from lstm.references import MethodScores, Verdict

NAIVE = ModelLabel("baseline:naive", None)


def verdict_of(run_id, **mase):
    """A verdict with the MASE of some methods, and a coverage of 0.8."""
    scores = [
        MethodScores(method=method, points=9, mae=1.0, rmse=1.0, smape=1.0, mase=value, wql=1.0, coverage=0.8)
        for method, value in mase.items()
    ]
    nothing = {"challenger_version": 1, "champion_version": None, "best_baseline": None, "gates": (), "origins": 1}
    return Verdict(run_id=run_id, promote=False, serve="champion", scores=tuple(scores), sentence="", **nothing)


def test_a_model_is_promised_what_the_run_that_trained_it_found_and_a_baseline_what_the_newest_did():
    """v2's run has no verdict, so nothing is promised of it; the newest run has no naive, the one before it has."""
    verdicts = {
        "run 1": verdict_of("run 1", challenger=0.9, **{"baseline:naive": 1.2}),
        "run 3": verdict_of("run 3", challenger=0.7),
    }
    promises = promises_of((V1, V2, NAIVE), {1: "run 1", 2: "run 2"}, ["run 3", "run 2", "run 1"], verdicts.get)
    assert promises == {V1: Promise(0.9, 0.8, "run 1"), NAIVE: Promise(1.2, 0.8, "run 1")}


def test_the_promise_of_rows_is_the_mean_of_their_models_by_points():
    """Three points of v1, one of v2: (3 x 1 + 5) / 4; with nothing known of v1, half of the points have none."""
    row = (0, 1, 1, 0, 10.0, 11.0, 10.0, 1.0)
    rows = rows_of((0, *row), (0, *row), (0, *row), (1, *row), models=(V1, V2))
    v1, v2 = Promise(1.0, 0.8, "run 1"), Promise(5.0, 0.4, "run 2")
    promised = present(promised_of(rows, {V1: v1, V2: v2}))
    assert (promised.mase, promised.coverage, promised.source) == (2.0, pytest.approx(0.7), "run 1, run 2")
    assert promised_of(rows, {V2: v2}) is None
