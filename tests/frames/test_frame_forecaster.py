"""The front door: the same rules and the same numbers as a night."""

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

import lstm
from frames_of import AS_OF, DEPARTURES, HORIZON, history_and_plan, write_pipeline
from lstm.references import Verdict
from lstm.steps.job import RunRequest, open_job
from lstm.steps.night import night
from lstm.storage.runs.run_folder import RunStore

HARD_GATES = [{"name": "beats the baselines", "metric": "mase", "against": "best_baseline", "better_by": 0.99}]


def run_folder_of(pipeline_file: str) -> RunStore:
    """The folder that a night left."""
    outcome = night(pipeline_file, AS_OF)
    assert outcome.exit_code == 0, outcome.sentence
    return open_job(RunRequest(pipeline_file, "retrain", AS_OF), now=None).run_store()  # type: ignore[arg-type]


@pytest.mark.parametrize("gates", [[], HARD_GATES], ids=["the network serves", "a baseline serves"])
def test_a_frame_is_forecast_and_scored_as_a_night_does(tmp_path, table, model, gates):
    """Law: the rows that a night publishes and the scores of its backtest, to the last bit."""
    told = "\n".join("[[gates]]\n" + "\n".join(f"{k} = {json.dumps(v)}" for k, v in gate.items()) for gate in gates)
    store = run_folder_of(str(write_pipeline(tmp_path, table, told)))
    fitted = lstm.fit(table, **DEPARTURES, gates=gates) if gates else model
    published = store.read_table("forecast.parquet").to_pandas()
    assert ("champion" in set(published["method"])) is not bool(gates)
    forecast = fitted.predict(table)
    assert list(forecast.columns) == [
        "origin", "carrier", "time", "step", "forecast", "q10", "q90", "method", "reason"
    ]  # fmt: skip
    published["time"] = pd.to_datetime(published["time"]).astype(forecast["time"].dtype)
    pd.testing.assert_frame_equal(forecast, published[list(forecast.columns)])
    scores = store.read_table("scores.parquet").to_pandas()
    overall = scores[scores["scope"] == "all"].reset_index(drop=True)
    judged = lstm.backtest(table, fitted)
    shared = ["method", "points", "mase", "wql", "coverage", "mae", "rmse", "smape", "bias"]
    pd.testing.assert_frame_equal(judged, overall[shared], check_dtype=False)
    assert fitted.verdict == Verdict.model_validate_json(store.read_bytes("verdict.json") or b"").model_copy(
        update={"run_id": fitted.verdict.run_id}
    )


def test_what_is_known_ahead_may_come_by_itself(table, model):
    """Law: a plan beside the history gives the same rows as one frame of both."""
    history, plan = history_and_plan(table)
    pd.testing.assert_frame_equal(model.predict(history, future=plan), model.predict(table))


def test_without_what_is_known_ahead_there_is_no_forecast(table, model):
    """Law: the refusal names the column and says how to bring it; training needs no plan."""
    history, plan = history_and_plan(table)
    with pytest.raises(lstm.DataError, match=r"scheduled must be known for all 7 steps .* by future=") as refusal:
        model.predict(history)
    assert refusal.value.column == "scheduled"
    with pytest.raises(lstm.DataError, match=r"'scheduled' is missing in \d+ steps of the horizon"):
        model.predict(history, future=plan[plan["date"] < "2013-12-20"])
    assert lstm.fit(history, **DEPARTURES).pipeline == model.pipeline


def polars_of(frame: pd.DataFrame) -> Any:
    """The frame as polars has it."""
    return pytest.importorskip("polars").from_pandas(frame)


@pytest.mark.parametrize("kind", [pa.Table.from_pandas, polars_of], ids=["pyarrow", "polars"])
def test_the_same_kind_of_frame_comes_back(table, model, kind):
    """Law: pandas, pyarrow and polars give the same rows, each its own kind."""
    frame = kind(table)
    for answer, expected in (
        (model.predict(frame), model.predict(table)),
        (lstm.backtest(frame, model), lstm.backtest(table, model)),
    ):
        assert type(answer) is type(frame)
        columns = pa.table(answer).to_pydict()
        assert columns["forecast" if "forecast" in columns else "mase"] == (
            expected["forecast" if "forecast" in columns else "mase"].tolist()
        )


def test_times_come_back_as_the_frame_has_them(table, model):
    """Law: forecasts can be joined with the frame that they came from; text becomes stamps."""
    stamps = table.assign(date=pd.to_datetime(table["date"]))
    answer = model.predict(stamps)
    assert answer["time"].dtype == stamps["date"].dtype
    assert answer["time"].min() == pd.Timestamp("2013-12-17")
    assert str(model.predict(table)["time"].dtype).startswith("datetime64")


def test_a_newer_frame_is_forecast_from_its_own_end(table, model):
    """Law: as the champion of an earlier night does; nothing is trained again."""
    newer = table.assign(departures=table["departures"].fillna(table["scheduled"]))
    future = newer.assign(date=(pd.to_datetime(newer["date"]) + pd.Timedelta(days=7)).dt.strftime("%Y-%m-%d"))
    plan = future.loc[future["date"] > newer["date"].max(), ["origin", "carrier", "date", "scheduled"]]
    answer = model.predict(newer, future=plan)
    assert answer["time"].min() == pd.Timestamp("2013-12-24")
    assert len(answer) == 4 * HORIZON


def test_a_frame_whose_future_the_model_has_read_is_refused(table, model):
    """Law: no forecast knows what came after it."""
    with pytest.raises(lstm.ModelError, match="cannot forecast from 2013-11-30: it was trained through 2013-12-16"):
        model.predict(table, as_of="2013-12-01")


def test_a_series_that_the_model_has_never_seen_is_forecast_too(table, model):
    """Law: by whoever serves where it is long enough, else by the seasonal naive, which its rows say."""
    known = table[table["carrier"] == "UA"]
    young = known[known["date"] > "2013-12-12"].assign(carrier="young")
    answer = model.predict(pd.concat([table, known.assign(carrier="new"), young]), serve="challenger")
    rows = answer.groupby("carrier")[["method", "reason"]].first()
    assert rows.loc["new", "method"] == "champion"
    assert rows.loc["young", "method"] == "baseline:seasonal_naive"
    assert "steps, " in rows.loc["young", "reason"]


def test_what_moves_a_forecast_is_a_frame_that_adds_up_to_it(table, model):
    """Law: usual and the contributions are what `predict` says; of departures the schedule says most."""
    rows = model.explain(table)
    keys = ["origin", "carrier", "step"]
    sums = rows.groupby(keys).agg({"contribution": "sum", "usual": "first", "forecast": "first"})
    np.testing.assert_allclose(sums["usual"] + sums["contribution"], sums["forecast"], atol=1e-6)
    predicted = model.predict(table).set_index(keys)["forecast"]
    np.testing.assert_allclose(sums["forecast"], predicted.loc[sums.index])
    sizes = rows["contribution"].abs().groupby(rows["group"]).mean()
    assert sizes.idxmax() == "scheduled"
    assert list(rows.columns) == ["origin", "carrier", "time", "step", "group", "contribution", "usual", "forecast"]


def test_who_serves_may_be_chosen(table, model):
    """Law: the network where the gates had refused it, or a baseline by its name; each row says so."""
    refused = model.verdict.model_copy(update={"serve": "baseline:seasonal_average"})
    unserved = replace(model, fitted=replace(model.fitted, verdict=refused))
    assert set(unserved.predict(table)["method"]) == {"baseline:seasonal_average"}
    assert set(unserved.predict(table, serve="challenger")["method"]) == {"champion"}
    assert set(model.predict(table, serve="baseline:naive")["method"]) == {"baseline:naive"}
    for nobody in ("champion", "baseline:naiv"):
        with pytest.raises(lstm.ModelError, match=nobody):
            model.predict(table, serve=nobody)


def test_a_frame_that_can_be_read_once_only_is_forecast(table, model):
    """Law: a stream is not asked twice; the answer is a pyarrow table."""
    stream = pa.Table.from_pandas(table).to_reader()
    assert model.predict(stream).column("forecast").to_pylist() == model.predict(table)["forecast"].tolist()


def test_a_frame_of_another_frequency_is_refused(table, model):
    """Law: weekly rows are no days with holes in them."""
    days = pd.to_datetime(table["date"])
    weekly = table[(days - days.min()).dt.days % 7 == 0]
    with pytest.raises(
        lstm.DataError, match="lie 7 steps of 'D' apart, and a model of that frequency needs a row a step"
    ):
        lstm.backtest(weekly, model)
    hourly = table.assign(date=days + pd.Timedelta(hours=5))
    with pytest.raises(lstm.DataError, match="05:00"):
        model.predict(hourly)


def test_several_targets_say_which_row_is_whose(table, settings):
    """Law: as the ledger does."""
    both = table.assign(empty=table["departures"] * 2)
    model = lstm.fit(both, **settings | {"target": ["departures", "empty"]})
    answer = model.predict(both)
    assert list(answer.columns)[2] == "target"
    assert len(answer) == 4 * 2 * HORIZON


def test_a_model_is_exported_with_series_of_a_frame(model, table, tmp_path):
    """Law: the example's forecasts are those of `predict`."""
    model.export(tmp_path / "out", table, format="pytorch")
    sample = np.load(tmp_path / "out" / "example.npz")
    rows = model.predict(table, serve="challenger").set_index(["origin", "carrier", "step"])["forecast"]
    expected = [[rows[(*name.split("/"), step)] for step in range(1, 8)] for name in sample["series"]]
    np.testing.assert_allclose(sample["expected"][:, :, 1, 0], expected, rtol=1e-6)
    assert (tmp_path / "out" / "weights.pth").exists()
