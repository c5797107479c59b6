"""Evaluation: scores that are undefined, models that have seen the answer, and gates that nothing may slip through."""

import logging

import numpy as np
import pytest
from cases.running import Night
from cases.tables import csv_text, days, save

from lstm.data.panel.seasonal_scale import seasonal_scale
from lstm.errors import EvaluationError
from lstm.evaluation.backtest import metrics
from lstm.evaluation.backtest.score import score, score_table
from lstm.model.forecaster.forecaster import Forecaster
from lstm.model.network.scaling import window_scales
from panels import make_panel
from trainings import chaos, made_of

NAN = float("nan")
WEEK = [4.0, 6.0, 8.0, 10.0, 7.0, 2.0, 1.0]


def scored(histories, actual, forecasts, season):
    """Rows of `scores.parquet` of one origin: series with a history, what came after it, and every method's forecast.

    histories, actual, forecasts of a method: values by series.
    """
    horizon = len(next(iter(actual.values())))
    whole = {name: [*histories[name], *actual[name]] for name in histories}
    cutoff = len(next(iter(histories.values())))
    panel = make_panel(whole, horizon=horizon, cutoff=cutoff + horizon)
    contestants = score(
        panel,
        series=np.arange(len(histories)),
        cutoffs=np.full(len(histories), cutoff),
        forecasts={
            name: np.array([given[series] for series in histories], float)[:, :, None, None]
            for name, given in forecasts.items()
        },
        levels=(0.5,),
        scale=seasonal_scale(panel, season, cutoff),
    )
    return score_table(panel, contestants).to_pylist()


def mase_by_series(rows):
    """MASE of each series, and (MASE, number of undefined ones) of all together."""
    whole = next(row for row in rows if row["scope"] == "all")
    each = {row["id"]: row["mase"] for row in rows if row["scope"] == "series"}
    return each, (whole["mase"], whole["undefined"])


# A denominator of zero


def test_the_mase_of_a_constant_history_is_undefined_and_counted():
    """C was 42 for 28 days and is forecast as 43; D changes by 2 a day and is forecast 1 off, so 1 / 2."""
    rows = scored(
        {"C": [42.0] * 28, "D": [10.0, 12.0] * 14},
        {"C": [42.0] * 4, "D": [10.0, 12.0] * 2},
        {"challenger": {"C": [43.0] * 4, "D": [11.0, 13.0] * 2}},
        season=1,
    )
    each, whole = mase_by_series(rows)
    assert np.isnan(each["C"])
    assert (each["D"], whole) == (0.5, (0.5, 1))


def test_a_perfectly_weekly_history_stops_nothing():
    """C repeats one week, so its seasonal error is 0; D rises by 7 a week and is forecast 1 off, so 1 / 7."""
    rising = [30.0 + step for step in range(35)]
    rows = scored(
        {"C": WEEK * 4, "D": rising[:28]},
        {"C": WEEK, "D": rising[28:]},
        {"challenger": {"C": WEEK, "D": [value + 1 for value in rising[28:]]}},
        season=7,
    )
    each, whole = mase_by_series(rows)
    assert np.isnan(each["C"])
    assert each["D"] == pytest.approx(1 / 7)
    assert whole == (pytest.approx(1 / 7), 1)


def test_smape_of_zero_against_zero_is_no_error():
    """0 against 0 counts as 0; against 0.2 / 1.95 of 2.1 in all: (0 + 200 * 0.1 / 4.1) / 2 percent."""
    errors = metrics.symmetric_percentage_error(np.array([0.0, 2.0]), np.array([0.0, 2.1]))
    assert errors.tolist() == [0.0, pytest.approx(200 * 0.1 / 4.1)]


# The answer


def test_scaling_ends_where_the_window_does():
    """100 days of 100 and 110 in turn, then 20 test days of a million: mean 105 and standard deviation 5.

    That no held-out value reaches weights, choices or offsets is a law of tests/model/fitting/test_fit.py.
    """
    values = np.array([*([100.0, 110.0] * 50), *([1e6] * 20)])[:, None]
    level, scale = window_scales(values, np.array([0, 120]), 28, "series")
    assert (level[99, 0], scale[99, 0]) == (pytest.approx(105.0), pytest.approx(5.0))
    level, scale = window_scales(values, np.array([0, 120]), 28, "mean_std")
    assert (level[99, 0], scale[99, 0]) == (pytest.approx(105.0), pytest.approx(5.0))


def test_a_forecast_that_is_missing_makes_the_score_invalid():
    """M2 leaves out the two hardest of seven days, and is named with their number."""
    truth = [10.0, 11.0, 40.0, 12.0, 11.0, 45.0, 10.0]
    with pytest.raises(EvaluationError, match="M2: 2 of 7 scored points have no finite forecast"):
        scored(
            {"A": [10.0, 12.0] * 5},
            {"A": truth},
            {"M1": {"A": [11.0, 12, 30, 13, 12, 35, 11]}, "M2": {"A": [10.0, 11, NAN, 12, 11, NAN, 10]}},
            season=1,
        )


@pytest.fixture
def ordinary(tmp_path):
    """A night over two series with a weekly season and some noise."""
    noise = np.random.default_rng(3).normal(0.0, 0.3, (2, 120))
    rows = [
        (name, day, WEEK[step % 7] + 10 * number + noise[number, step])
        for number, name in enumerate("AB")
        for step, day in enumerate(days(120))
    ]
    save(tmp_path, csv_text(rows))
    return Night(tmp_path)


def test_a_model_with_a_missing_forecast_is_not_promoted(ordinary, monkeypatch):
    """Two NaN in the backtest, and nothing else is wrong; the night is told as degraded."""
    whole = Forecaster.forecast

    def with_holes(self, panel, series, rows, *, which, device):
        forecast = whole(self, panel, series, rows, which=which, device=device)
        if which == "evaluated":
            forecast[0, 2:4] = NAN
        return forecast

    monkeypatch.setattr(Forecaster, "forecast", with_holes)
    outcome = ordinary.run("2024-04-30")
    assert outcome.exit_code == 3
    assert "challenger: 2 of " in outcome.sentence
    assert not ordinary.verdict(outcome).promote
    assert {row["method"] for row in ordinary.rows(outcome)} == {"baseline:seasonal_naive"}


# Quantiles that cross


def test_crossed_quantiles_are_put_in_order_and_counted(caplog):
    """Of 14 steps, 3 are crossed; what goes to the writer is in order, and the log tells 3 of 14."""
    model = made_of(chaos(), seasons=(1,), training={"max_epochs": 1, "epoch_steps": 2})
    offsets = np.zeros((2, 3, 1))
    card = model.card.model_copy(update={"served_calibration": offsets.tolist(), "logs": (False,)})
    said = np.arange(100.0, 114.0).reshape(7, 2, 1, 1) + np.array([-5.0, 0.0, 5.0])[:, None]
    said[1, 0, :, 0] = [102, 97, 107]
    said[2, 1, :, 0] = [100, 105, 104]
    said[4, 0, :, 0] = [110, 102, 107]
    raw = np.broadcast_to(said, (7, 2, 3, 1)).copy()
    with caplog.at_level(logging.WARNING):
        written = Forecaster(card, model.weights).calibrated(raw, np.ones((7, 1)), "served")
    assert (np.diff(written, axis=2) >= 0).all()
    assert written[2, 1, :, 0].tolist() == [100, 105, 105]
    assert [record.getMessage() for record in caplog.records] == [
        "the quantiles of 3 of 14 forecast steps crossed, and were put in order"
    ]


# Gates


def test_a_metric_that_is_undefined_is_no_pass(tmp_path):
    """Both series are constant, so that there is no MASE; the model is kept back and the reason told."""
    save(tmp_path, csv_text([(name, day, 7.0) for name in "AB" for day in days(120)]))
    night = Night(tmp_path, rest='[[gates]]\nname = "below the season"\nmetric = "mase"\nat_most = 1.0\n')
    outcome = night.run("2024-04-30")
    verdict = night.verdict(outcome)
    (gate,) = [entry for entry in verdict.gates if entry.name == "below the season"]
    assert (verdict.promote, gate.passed) == (False, False)
    assert gate.reason.startswith("undefined metric")
    assert "undefined metric" in outcome.sentence
    assert [row["method"] for row in night.rows(outcome)] == ["baseline:naive"] * 14


@pytest.mark.parametrize("threshold", ["at_most", "at_least", "within", "not_worse_by", "better_by"])
@pytest.mark.parametrize("limit", ["nan", "-1.0", "inf", "-inf"])
def test_a_limit_that_is_no_finite_number_of_zero_or_more_is_refused(tmp_path, limit, threshold):
    """While the pipeline file is read, with the name of the setting; nothing is run and exit code is 2."""
    metric = "coverage" if threshold == "within" else "mase"
    against = 'against = "champion"\n' if threshold.endswith("_by") else ""
    night = Night(tmp_path, rest=f'[[gates]]\nname = "mine"\nmetric = "{metric}"\n{threshold} = {limit}\n{against}')
    outcome = night.run("2024-04-30")
    assert (outcome.exit_code, outcome.run_id) == (2, "")
    assert f"gates.0.{threshold}" in outcome.sentence
    assert not (tmp_path / "store").exists()
