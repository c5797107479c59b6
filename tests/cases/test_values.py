"""Values: missing, degenerate, huge, and of other types than numbers."""

import math
import random

import numpy as np
import pytest
from cases.running import NETWORK_SERVES, Night, by_series, fill, tell
from cases.tables import covariate, csv_text, days, history, observed, pipeline, places, read, refused, save, set_aside

TEN = days(10)
AFTER_TEN = "2024-01-11"
HORIZON = days(7, "2024-03-31")


def noise(level, spread=1.0, seed=1, count=90):
    """Values around a level, the same ones each time."""
    draw = random.Random(seed)
    return [level + spread * draw.uniform(-1, 1) for _ in range(count)]


def rows_of(series, times=None):
    """Rows of several series, each given by its values on 90 days from 1 January 2024."""
    times = times or days(90)
    return [(name, day, value) for name, values in series.items() for day, value in zip(times, values, strict=True)]


def published(folder, series, **changes):
    """Forecast rows by series of a night at 31 March 2024, served by the network, and its outcome."""
    save(folder, csv_text(rows_of(series)))
    night = Night(folder, rest=NETWORK_SERVES, **changes)
    outcome = night.run("2024-03-31")
    return by_series(night.rows(outcome)), outcome


def forecasts(rows):
    return [row["forecast"] for row in rows]


# Missing values


def test_texts_for_missing_make_a_number_column_with_gaps(tmp_path):
    """Six tokens in one series are six missing values, which the report counts; none is 0."""
    tokens = {2: "N/A", 3: "-", 4: "—", 5: "n.a.", 6: "", 7: " "}
    of_a = [(name, day, tokens.get(step, value)) for step, (name, day, value) in enumerate(history(["A"], TEN))]
    save(tmp_path, csv_text([*of_a, *history(["B"], TEN)]))
    panel, report = read(tmp_path, as_of=AFTER_TEN)
    assert [step for step, value in enumerate(observed(panel, "A").values()) if value is None] == list(tokens)
    assert report.per_series.observed["y"] == (4, 10)
    assert report.per_series.missing[0] == pytest.approx(0.6)


def test_a_text_that_means_nothing_known_is_refused_by_name(tmp_path):
    """A real error is not hidden among the missing ones."""
    save(tmp_path, csv_text([("A", "2024-01-01", "-"), ("A", "2024-01-02", "#REF!"), ("A", "2024-01-03", 1.0)]))
    with refused("in.csv", "'y' is not a number", "'#REF!'", "line 3"):
        read(tmp_path, as_of="2024-01-04")


def test_whole_numbers_with_blanks_stay_exact(tmp_path):
    """Two empty cells; no count is -1 or 0, and 16,777,215 keeps its last digit."""
    counts = ["7", "", "16777215", "12", "", "3"]
    save(tmp_path, csv_text(rows_of({"A": counts}, days(6))))
    panel, report = read(tmp_path, as_of="2024-01-07")
    assert list(observed(panel, "A").values()) == [7.0, None, 16777215.0, 12.0, None, 3.0]
    assert report.per_series.observed["y"] == (4,)


# Degenerate series: one night has them all


@pytest.fixture(scope="module")
def odd_night(tmp_path_factory):
    """A and B are ordinary; the others are empty, zero, constant, frozen or cross zero."""
    stuck = noise(120.0, 10.0, 4)[:50] + [123.5] * 40
    series = {
        "A": noise(100.0, 10.0, 1),
        "B": noise(50.0, 5.0, 2),
        "constant": [5000000.1] * 90,
        "crossing": noise(0.0, 3.0, 3),
        "empty": [""] * 90,
        "frozen": stuck,
        "zero": [0.0] * 90,
    }
    folder = tmp_path_factory.mktemp("odd")
    rows, outcome = published(folder, series)
    assert rows, outcome.sentence
    assert [row["method"] for row in rows["A"]] == ["champion"] * 7, outcome.sentence
    _, report = read(folder, as_of="2024-03-31")
    return rows, report


def warned(report, words):
    return [warning for warning in report.warnings if words in warning]


def test_a_series_without_any_value_is_reported_and_the_others_are_forecast(odd_night):
    """Its rows say failed and why; they hold no number."""
    rows, report = odd_night
    assert {(row["method"], row["forecast"]) for row in rows["empty"]} == {("failed", None)}
    assert "no observed value" in rows["empty"][0]["reason"]
    assert "'empty'" in warned(report, "no value at all")[0]
    for name in ("A", "B"):
        assert all(math.isfinite(value) for value in forecasts(rows[name]))


def test_a_series_of_zeros_is_forecast_close_to_zero(odd_night):
    """Within 5 percent of the spread of the others, whose ranges are 20 and 10 wide."""
    rows, report = odd_night
    assert all(abs(value) < 0.05 * 10 for value in forecasts(rows["zero"]))
    assert "'zero'" in warned(report, "is 0 throughout")[0]


def test_a_large_constant_is_a_constant(odd_night):
    """5000000.1 is no float32, and its rounding noise is not a spread."""
    rows, report = odd_night
    assert all(abs(value - 5000000.1) < 5 for value in forecasts(rows["constant"]))
    assert "'constant'" in warned(report, "is constant")[0]


def test_a_stuck_meter_is_reported_with_its_length_and_since_when(odd_night):
    """40 equal values from 20 February, which are forecast all the same; A is unaffected."""
    rows, report = odd_night
    assert "'frozen' (40 observed steps from 2024-02-20)" in warned(report, "flat at its end")[0]
    assert len(rows["frozen"]) == 7
    assert "'A'" not in " ".join(warned(report, "flat at its end"))


def test_forecasts_of_a_series_that_crosses_zero_may_be_negative(odd_night):
    """No transform of ours forbids it; the lower bounds are below zero and finite."""
    rows, _ = odd_night
    assert all(math.isfinite(value) for value in forecasts(rows["crossing"]))
    assert min(row["q10"] for row in rows["crossing"]) < 0


def test_every_number_of_the_odd_night_is_finite_or_absent(odd_night):
    """No NaN in any row."""
    rows, _ = odd_night
    numbers = [
        row[name]
        for forecast_rows in rows.values()
        for row in forecast_rows
        for name in ("forecast", "q10", "q50", "q90")
    ]
    assert all(number is None or math.isfinite(number) for number in numbers)


# Magnitudes


def test_a_huge_series_and_a_tiny_one_are_each_forecast_on_their_own_scale(tmp_path):
    """Within the range of their last 28 values, widened by half; six digits are kept."""
    series = {"BIG": noise(1e12, 1e9, 1), "TINY": noise(1e-6, 1e-7, 2)}
    rows, outcome = published(tmp_path, series)
    for name, values in series.items():
        low, high = min(values[-28:]), max(values[-28:])
        margin = (high - low) / 2
        assert [value for value in forecasts(rows[name]) if not low - margin <= value <= high + margin] == []
    panel, _ = read(tmp_path, as_of="2024-03-31")
    for name, values in series.items():
        np.testing.assert_allclose(np.array(list(observed(panel, name).values()), float), values, rtol=1e-6)
    assert outcome.exit_code == 0


def test_values_of_1e30_are_forecast_or_refused_and_leave_the_others_alone(tmp_path):
    """Of the order of 1e30 and finite, which squares of float32 are not."""
    rows, outcome = published(tmp_path, {"A": noise(100.0), "C": noise(1e30, 1e29, 3)})
    assert outcome.exit_code == 0, outcome.sentence
    assert all(5e29 < value < 2e30 for value in forecasts(rows["C"]))
    assert all(90 < value < 110 for value in forecasts(rows["A"]))


@pytest.mark.parametrize("value", ["1e39", "-1e200", "1e308"])
def test_values_beyond_float32_are_numbers_too(tmp_path, value):
    """What float32 cannot hold is not made infinite on the way to the panel."""
    save(tmp_path, csv_text([("A", "2024-01-01", value), ("A", "2024-01-02", 1.0)]))
    panel, _ = read(tmp_path, as_of="2024-01-03")
    assert observed(panel, "A")["2024-01-01"] == float(value)


def test_a_covariate_that_leaves_its_narrow_range_does_not_run_away_with_the_forecast(tmp_path):
    """0.0347 with a spread of 0.001 in history, -0.03 to -0.33 ahead; within 5 times the spread of y."""
    series = {"A": noise(100.0, 10.0, 1), "B": noise(50.0, 10.0, 2)}
    narrow = dict(zip(series, (noise(0.0347, 0.001, 5), noise(0.0347, 0.001, 6)), strict=True))
    rows = [(*row, narrow[row[0]][step % 90]) for step, row in enumerate(rows_of(series))]
    save(tmp_path, csv_text(rows, "id,ds,y,x"))
    ahead = [(name, day, -0.03 - 0.05 * step) for name in series for step, day in enumerate(HORIZON)]
    save(tmp_path, csv_text(ahead, "id,ds,x"), "future.csv")
    columns = (
        'series = ["id"]\ntime = "ds"\ntargets = ["y"]\nfuture_covariates = ["x"]\n\n'
        '[source.future]\npath = "future.csv"\n'
    )
    night = Night(tmp_path, columns=columns, rest=NETWORK_SERVES)
    outcome = night.run("2024-03-31")
    published_rows = by_series(night.rows(outcome))
    assert published_rows, outcome.sentence
    for name, level in (("A", 100.0), ("B", 50.0)):
        assert [value for value in forecasts(published_rows[name]) if abs(value - level) > 50.0] == []


# Types


WORDS = ["True", "no", "TRUE", "0", "yes", "False", "1", "false"]


def test_words_of_yes_and_no_are_ones_and_zeros(tmp_path):
    """Eight spellings in the history and two in the file of the future."""
    past = [(*row, word) for row, word in zip(history(["A"], days(8)), WORDS, strict=True)]
    ahead = [("A", day, ("no", "yes")[step % 2]) for step, day in enumerate(days(7, "2024-01-09"))]
    save(tmp_path, csv_text(past, "id,ds,y,promo"))
    save(tmp_path, csv_text(ahead, "id,ds,promo"), "future.csv")
    source = {"future_covariates": ["promo"], "future": {"path": "future.csv"}}
    panel, _ = read(tmp_path, pipeline(source), "2024-01-09")
    assert list(covariate(panel, "A", "promo").values()) == [1, 0, 1, 0, 1, 0, 1, 0, 0, 1, 0, 1, 0, 1, 0]


def test_a_word_that_is_neither_yes_nor_no_is_refused_by_name(tmp_path):
    """Never text in the tensor, never missing in silence."""
    words = [*WORDS[:7], "maybe"]
    rows = [(*row, word) for row, word in zip(history(["A"], days(8)), words, strict=True)]
    save(tmp_path, csv_text(rows, "id,ds,y,promo"))
    with refused("'promo'", "'maybe'", "line 9"):
        read(tmp_path, pipeline({"past_covariates": ["promo"]}), "2024-01-09")


@pytest.fixture
def texts_in_a_real_column(tmp_path):
    """A REAL column of SQLite in which three rows of B hold text."""
    tell(tmp_path / "in.db", "CREATE TABLE sales (id TEXT, ds TEXT, y REAL)")
    wrong = {"2024-01-04": "n/a", "2024-01-05": "7,5", "2024-01-06": "err"}
    fill(tmp_path / "in.db", "sales", history(["A"], days(60)))
    fill(tmp_path / "in.db", "sales", [("B", day, wrong.get(day, value)) for _, day, value in history(["B"], days(60))])
    return tmp_path


SALES = {"url": "sqlite:///in.db", "table": "sales"}


def test_texts_in_a_number_column_of_a_database_are_refused_with_their_keys(texts_in_a_real_column):
    """All three keys are named."""
    with refused("table sales", "'y'", "B/2024-01-04", "B/2024-01-05", "B/2024-01-06"):
        read(texts_in_a_real_column, pipeline(SALES), "2024-03-01")


def test_texts_in_a_number_column_of_a_database_are_set_aside_with_their_keys(texts_in_a_real_column):
    """7,5 is not 75; the other 117 values are numbers."""
    panel, report = read(texts_in_a_real_column, pipeline(SALES | {"bad_rows": "set_aside"}), "2024-03-01")
    missing = [day for day, value in observed(panel, "B").items() if value is None]
    assert missing == days(3, "2024-01-04")
    assert report.per_series.observed["y"] == (60, 57)
    assert {column for column, _ in set_aside(report)} == {"y"}
    assert [day for day in days(3, "2024-01-04") if day not in places(report)] == []


def test_numbers_stored_as_text_are_the_same_numbers(tmp_path):
    """'9.5' is less than '100.25', as a number; the panel is that of a REAL column."""
    values = ["9.5", "100.25", "20.125", "-3"]
    panels = []
    for kind, stored in (("TEXT", values), ("REAL", [float(value) for value in values])):
        tell(tmp_path / f"{kind}.db", f"CREATE TABLE sales (id TEXT, ds TEXT, y {kind})")
        fill(tmp_path / f"{kind}.db", "sales", rows_of({"A": stored}, days(4)))
        source = {"url": f"sqlite:///{kind}.db", "table": "sales"}
        panels.append(read(tmp_path, pipeline(source), "2024-01-05")[0])
    assert panels[0].fingerprint == panels[1].fingerprint
    assert max(value or 0.0 for value in observed(panels[0], "A").values()) == 100.25
