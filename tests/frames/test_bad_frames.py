"""Errors carry what they speak of, for a program: series, column, line and value."""

from typing import Any

import pandas as pd
import pytest

import lstm

SETTINGS: dict[str, Any] = {"series": "shop", "time": "day", "target": "units", "horizon": 2}


def sales() -> pd.DataFrame:
    """Two shops, 40 days."""
    days = [str(day.date()) for day in pd.date_range("2024-01-01", periods=40)]
    rows = {"shop": ["a"] * 40 + ["b"] * 40, "day": days * 2, "units": range(80), "price": 1.0, "region": "north"}
    return pd.DataFrame(rows)


def with_value(row: int, column: str, value: str) -> pd.DataFrame:
    """The sales with one value that is another."""
    frame = sales().astype({column: object})
    frame.loc[row, column] = value
    return frame.astype({column: str})


def unlike(settings: dict[str, Any], **fields: object) -> Any:
    """A case: further settings, and the fields of the error."""
    return settings, {"series": None, "column": None, "line": None, "value": None} | fields


CASES = {
    "a number that is none": (with_value(41, "units", "many"), *unlike({}, column="units", line=42, value="many")),
    "a time that is none": (
        with_value(3, "day", "soon"),
        *unlike({}, series="a", column="day", line=4, value="soon"),
    ),
    "a time off the grid": (
        with_value(5, "day", "2024-01-06 14:07"),
        *unlike({"frequency": "D"}, series="a", column="day", line=6, value="2024-01-06 14:07"),
    ),
    "a row without series": (with_value(7, "shop", ""), *unlike({}, column="shop", line=8)),
    "two rows of a time": (
        pd.concat([sales(), sales().iloc[[45]].assign(units=0)]),
        *unlike({}, series="b", value="2024-01-06"),
    ),
    "a column that is missing": (sales(), *unlike({"target": "unit"}, column="unit")),
    "ids that are fractions": (sales().assign(shop=1.5), *unlike({}, column="shop")),
    "a static covariate that changes": (
        with_value(3, "region", "south"),
        *unlike({"static": "region"}, series="a", column="region"),
    ),
    "a step without a row": (
        sales().drop(index=50),
        *unlike({"gaps": "error"}, series="b", value="2024-01-11"),
    ),
}


@pytest.mark.parametrize(("frame", "settings", "fields"), CASES.values(), ids=CASES)
def test_an_error_carries_what_it_speaks_of(frame, settings, fields):
    """Law: the fields name what the message names; what it does not speak of is None."""
    with pytest.raises(lstm.ForecastError) as refusal:
        lstm.fit(frame, **SETTINGS | settings)
    error = refusal.value
    assert {name: getattr(error, name) for name in fields} == fields
    assert all(str(value) in str(error) for value in fields.values() if value is not None)


def test_a_step_that_is_not_planned_is_named():
    """Series, column and time of the first one."""
    frame = sales().assign(units=sales()["units"].where(sales()["day"] < "2024-02-08"))
    frame.loc[39, "price"] = None
    settings = SETTINGS | {"future": "price", "horizon": 2, "training": {"max_epochs": 1, "epoch_steps": 1}}
    model = lstm.fit(frame, **settings, model={"members": 1})
    with pytest.raises(lstm.DataError) as refusal:
        model.predict(frame)
    error = refusal.value
    assert (error.series, error.column, error.value) == ("a", "price", "2024-02-09")


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        ([1, 2], "the frame is a list, not a frame"),
        (sales().iloc[:0], "the frame has no rows"),
        (
            sales().rename(columns={"units": "unit"}),
            "the frame has no column 'units'; it has 'shop', 'day', 'unit', .*; did you mean 'unit'",
        ),
        (sales().assign(units=None), "no row of the frame has a value of units"),
    ],
)
def test_a_frame_that_cannot_be_fitted_is_refused_in_words(frame, message):
    """Law: what is wrong, and what there is."""
    with pytest.raises(lstm.ForecastError, match=message):
        lstm.fit(frame, **SETTINGS)


QUICK: dict[str, Any] = {
    "model": {"members": 1, "hidden": 4, "look_back": 7},
    "training": {"max_epochs": 1, "epoch_steps": 1, "threads": 1},
}


def test_a_series_that_failed_is_named_with_its_reason():
    """Law: nobody can look into a run folder here, so the refusal says which, why, and what to do."""
    frame = sales().assign(units=lambda rows: rows["units"].where(rows["shop"] == "a"))
    model = lstm.fit(frame, **SETTINGS | QUICK)
    with pytest.raises(
        lstm.TooManyFailedError, match=r"^1 of 2 forecasts failed, .* units of series 'b': .*"
    ) as refusal:
        model.predict(frame)
    assert (refusal.value.series, refusal.value.column) == ("b", "units")
    assert "run folder" not in str(refusal.value)
    lenient = lstm.fit(frame, **SETTINGS | QUICK, quality={"max_failed_share": 1.0}).predict(frame)
    assert lenient.loc[lenient["shop"] == "b", "forecast"].isna().all()


def test_a_frequency_that_the_rows_do_not_have_is_refused_before_training():
    """Law: what predict would refuse is not fitted."""
    with pytest.raises(lstm.DataError, match="lie 24 steps of 'h' apart"):
        lstm.fit(sales(), **SETTINGS, frequency="h")


def test_keys_that_are_intervals_are_refused():
    """Law: categories of a type that nobody knows are refused as values of it are; from pandas.cut."""
    with pytest.raises(lstm.SourceError, match=r"column 'shop' is of the extension type pandas\.interval"):
        lstm.fit(sales().assign(shop=lambda rows: pd.cut(rows["units"], [-1, 39, 80])), **SETTINGS)


def test_series_without_their_key_are_refused_with_what_may_be_missing():
    """Law: several series look like one that repeats its times."""
    with pytest.raises(lstm.DataError, match=r"; name the columns that tell series apart \(source\.series\), mend"):
        lstm.fit(sales(), **{name: value for name, value in SETTINGS.items() if name != "series"})


def test_a_key_named_as_a_column_of_the_forecast_is_renamed_in_the_frame():
    """Law: a notebook has no query to rename it in."""
    with pytest.raises(lstm.ConfigError, match=r"'step'; rename it in the frame: frame.rename\(columns=.*\"step_id\""):
        lstm.fit(sales().rename(columns={"shop": "step"}), **SETTINGS | {"series": "step"})


def test_a_backtest_of_what_the_model_has_seen_is_refused():
    """Law: what ends where, and what to do; so is who gives the model first."""
    model = lstm.fit(sales(), **SETTINGS | QUICK)
    with pytest.raises(lstm.EvaluationError, match=r"newest origin of the frame is 2024-01-28, .* that goes further"):
        lstm.backtest(sales().loc[lambda rows: rows["day"] < "2024-01-31"], model)
    with pytest.raises(lstm.ModelError, match=r"takes a frame and then a model of lstm\.fit, not a DataFrame"):
        lstm.backtest(model, sales())  # type: ignore[arg-type]
    with pytest.raises(lstm.ModelError, match="serve = 5 is nobody"):
        model.predict(sales(), serve=5)  # type: ignore[arg-type]
