"""Panels: short, dead and uneven series, and covariates of the future that do not fit."""

import math
from datetime import date

import pyarrow.parquet as pq
import pytest
from cases.running import NETWORK_SERVES, Night, by_series
from cases.tables import Row, covariate, csv_text, days, history, observed, pipeline, read, refused, repairs, save

NINETY = days(90)
LAST = "2024-03-30"
AS_OF = "2024-03-31"
HORIZON = days(7, AS_OF)


def lines(*tables):
    return csv_text([row for rows in tables for row in rows])


def only(name, times, level=30.0):
    """One series of a slow wave."""
    return [(name, day, level + step % 7 / 4) for step, day in enumerate(times)]


# Short and dead series: one night has them all


@pytest.fixture(scope="module")
def uneven_night(tmp_path_factory):
    """A and B are whole; the others have one point, 20 points, an end two years ago, an end ten days ago."""
    folder = tmp_path_factory.mktemp("uneven")
    whole = history(["A", "B"], NINETY)
    others = [
        *only("dead", days(100, "2021-12-01")),
        *only("early", days(50, "2024-01-31")),
        *only("point", [LAST]),
        *only("short", days(20, "2024-03-11")),
    ]
    save(folder, lines(whole, others))
    night = Night(folder, look_back=48, rest=NETWORK_SERVES)
    outcome = night.run(AS_OF)
    rows = by_series(night.rows(outcome))
    assert [row["method"] for row in rows["A"]] == ["champion"] * 7, outcome.sentence
    panel, report = read(folder, as_of=AS_OF)
    return folder, night, outcome, rows, panel, report


def test_a_series_of_one_point_gets_a_finite_fallback_with_its_reason(uneven_night):
    """Never a NaN row; A and B have seven rows each as usual."""
    *_, rows, _, _ = uneven_night
    point = rows["point"]
    assert {(row["method"], row["forecast"]) for row in point} == {("baseline:seasonal_naive", 30.0)}
    assert point[0]["reason"] == "1 steps, 24 are needed (half of the shortest look-back)"
    assert [len(rows[name]) for name in ("A", "B")] == [7, 7]


def test_a_series_shorter_than_half_of_the_look_back_falls_back_and_the_run_goes_on(uneven_night):
    """20 points, look-back 48; the reason has what it has and what it needs."""
    *_, rows, _, _ = uneven_night
    assert {row["method"] for row in rows["short"]} == {"baseline:seasonal_naive"}
    assert rows["short"][0]["reason"] == "20 steps, 24 are needed (half of the shortest look-back)"
    assert all(math.isfinite(row["forecast"]) for row in rows["short"])


def test_a_series_that_ended_two_years_ago_is_reported_and_its_tail_is_not_filled(uneven_night):
    """Its last value is of 10 March 2022, 751 days before the end of the others."""
    *_, panel, report = uneven_night
    assert any("ended long before the cutoff: 'dead' (newest of 2022-03-10, " in text for text in report.warnings)
    place = report.per_series.name.index("dead")
    assert (report.per_series.last[place], report.per_series.observed["y"][place]) == ("2022-03-10", 100)
    assert [day for day, value in observed(panel, "dead").items() if value is not None][-1] == "2022-03-10"


def test_every_window_and_every_scored_point_is_one_that_was_observed(uneven_night):
    """The series `early` ends on 20 March; windows begin within its own history and score its own days only.

    Three origins, seven days apart, the last one seven days before 30 March: 9, 16 and 23 March. Of early their
    horizons hold 10 to 16 March (7 days), 17 to 20 March (4 days) and none; of dead, point and short none, none, and 12
    to 16, 17 to 23, 24 to 30 March as far as short has begun.
    """
    folder, night, outcome, *_ = uneven_night
    windows = night.windows(outcome).to_pylist()
    names = ["A", "B", "dead", "early", "point", "short"]
    test = [(names[row["series"]], row["cutoff"]) for row in windows if row["split"] == "test"]
    origins = [date(2024, 3, day) for day in (9, 16, 23)]
    assert [cutoff for name, cutoff in test if name == "A"] == origins
    assert [cutoff for name, cutoff in test if name == "early"] == origins[:2]
    assert [cutoff for name, cutoff in test if name in ("dead", "point")] == []
    scores = pq.read_table(folder / "store" / "runs" / outcome.run_id / "scores.parquet").to_pylist()
    points = {row["id"]: row["points"] for row in scores if row["scope"] == "series" and row["method"] == "challenger"}
    assert {name: points.get(name) for name in ("A", "B", "early")} == {"A": 21, "B": 21, "early": 11}
    assert "dead" not in points


def test_a_series_that_ended_two_years_ago_gets_no_forecast_that_looks_current(uneven_night):
    """No number is published for it; if there are rows, they say why."""
    *_, rows, _, _ = uneven_night
    assert [row["forecast"] for row in rows.get("dead", []) if row["forecast"] is not None] == []
    assert [row for row in rows.get("dead", []) if "2022-03-10" not in (row["reason"] or "")] == []


def test_live_forecasts_of_uneven_series_are_dated_after_the_common_cutoff(uneven_night):
    """Seven dated rows a series from the panel's end, also where its own end was ten days earlier."""
    *_, rows, _, _ = uneven_night
    for name in ("A", "B", "early", "point", "short"):
        assert [str(row["time"]) for row in rows[name]] == HORIZON
        assert all(math.isfinite(row["forecast"]) for row in rows[name])


def test_a_panel_of_short_series_only_trains_nothing_and_says_what_it_needs(tmp_path):
    """Ten points; no model is kept, and the numbers are told."""
    save(tmp_path, lines(history(["A", "B", "C"], days(10))))
    night = Night(tmp_path)
    outcome = night.run("2024-01-11")
    assert outcome.exit_code != 0
    assert night.models() == 0
    reasons = outcome.sentence + str(night.verdict(outcome))
    assert "10 steps" in reasons
    assert "are needed" in reasons


def test_short_series_can_be_an_error(tmp_path):
    """`quality.short_series = "error"` publishes nothing."""
    save(tmp_path, lines(history(["A", "B"], NINETY), only("short", days(20, "2024-03-11"))))
    night = Night(tmp_path, look_back=48, rest=NETWORK_SERVES)
    night.file.write_text(
        night.file.read_text().replace("max_failed_share = 0.5", 'max_failed_share = 0.5\nshort_series = "error"')
    )
    outcome = night.run(AS_OF)
    assert outcome.exit_code == 1
    assert "series 'short' has 20 steps, 24 are needed" in outcome.sentence
    assert night.rows(outcome) == []


# A run after the end of the data


def test_a_run_some_days_after_the_end_bridges_the_gap_and_says_so(tmp_path):
    """Data end on 30 March, the run is of 4 April: four complete days are missing, seven days are forecast."""
    save(tmp_path, lines(history(["A", "B"], NINETY)))
    night = Night(tmp_path)
    outcome = night.run("2024-04-04")
    rows = by_series(night.rows(outcome))
    assert [str(row["time"]) for row in rows["A"]] == days(7, "2024-04-04")
    _, report = read(tmp_path, as_of="2024-04-04")
    assert any("ends 4 steps before the cutoff" in warning for warning in report.warnings)


def test_a_run_long_after_the_end_is_refused_or_degraded_as_the_file_says(tmp_path):
    """`quality.freshness` and `quality.late_end`; never a good run without rows."""
    save(tmp_path, lines(history(["A", "B"], NINETY)))
    with refused("newest observation is of 2024-03-30, 4 steps before", "quality.freshness"):
        read(tmp_path, pipeline(quality={"freshness": 3}), "2024-04-04")
    panel, report = read(tmp_path, pipeline(quality={"freshness": 3, "late_end": "degrade"}), "2024-04-04")
    assert panel.frequency.text(panel.cutoff) == "2024-04-03"
    assert any("4 steps before the cutoff" in warning for warning in report.warnings)


# Covariates of the future


FUTURE = {"future_covariates": ["temp"], "future": {"path": "future.csv"}}


def temperatures(times, names=("A", "B")) -> list[Row]:
    """Degrees that tell their day and series: day of the year, plus 1000 for B."""
    number = {day: (date.fromisoformat(day) - date(2024, 1, 1)).days for day in times}
    return [(name, day, number[day] + 1000 * place) for place, name in enumerate(names) for day in times]


def save_history(folder):
    """90 days of A and B with their temperatures."""
    warm = {(name, day): value for name, day, value in temperatures(NINETY)}
    save(folder, csv_text([(*row, warm[row[0], row[1]]) for row in history(["A", "B"], NINETY)], "id,ds,y,temp"))


def save_future(folder, rows, header="id,ds,temp"):
    save(folder, csv_text(rows, header), "future.csv")


def test_one_missing_day_of_a_future_covariate_is_named_and_nothing_is_published(tmp_path):
    """B lacks 3 April."""
    save_history(tmp_path)
    save_future(tmp_path, [row for row in temperatures(HORIZON) if row[:2] != ("B", "2024-04-03")])
    columns = (
        'series = ["id"]\ntime = "ds"\ntargets = ["y"]\nfuture_covariates = ["temp"]\n\n'
        '[source.future]\npath = "future.csv"\n'
    )
    night = Night(tmp_path, columns=columns)
    outcome = night.run(AS_OF)
    assert outcome.exit_code == 1
    assert "'temp' is missing in 1 steps of the horizon of 1 series, first 'B' at 2024-04-03" in outcome.sentence
    assert night.rows(outcome) == []
    assert night.models() == 0


@pytest.mark.parametrize(("policy", "filled"), [("carry", 1092.0), ("zero", 0.0)])
def test_one_missing_day_of_a_future_covariate_is_filled_when_the_file_says_how(tmp_path, policy, filled):
    """With the day before it (2 April is day 92, plus 1000) or with 0, and counted."""
    save_history(tmp_path)
    save_future(tmp_path, [row for row in temperatures(HORIZON) if row[:2] != ("B", "2024-04-03")])
    panel, report = read(tmp_path, pipeline(FUTURE | {"future_gaps": policy}), AS_OF)
    assert covariate(panel, "B", "temp")["2024-04-03"] == filled
    assert covariate(panel, "A", "temp")["2024-04-03"] == 93.0
    assert [(series, count) for _, series, count in repairs(report)] == [("B", 1)]


def test_a_covariate_that_has_been_renamed_is_refused_by_name(tmp_path):
    """The file of the future calls it temperature; zeros never take its place."""
    save_history(tmp_path)
    save_future(tmp_path, temperatures(HORIZON), "id,ds,temperature")
    for policy in ("error", "zero", "carry"):
        with refused("future.csv", "'temp'", "'temperature'"):
            read(tmp_path, pipeline(FUTURE | {"future_gaps": policy}), AS_OF)


def test_future_covariates_are_joined_by_date_and_not_by_position(tmp_path):
    """A file that begins a week before the horizon makes the panel of the file that begins with it."""
    save_history(tmp_path)
    save_future(tmp_path, temperatures(HORIZON))
    fitting, _ = read(tmp_path, pipeline(FUTURE), AS_OF)
    wrong = [(name, day, -9.0) for name in ("A", "B") for day in days(7, "2024-03-24")]
    save_future(tmp_path, [*wrong, *temperatures(HORIZON)])
    early, _ = read(tmp_path, pipeline(FUTURE), AS_OF)
    assert early.fingerprint == fitting.fingerprint
    assert [covariate(early, "B", "temp")[day] for day in HORIZON] == [1090.0 + step for step in range(7)]
    assert covariate(early, "A", "temp")["2024-03-24"] == 83.0


def test_a_table_of_the_future_may_hold_the_past_too(tmp_path):
    """`covers = "everything"`; the source then has no such column."""
    save(tmp_path, lines(history(["A", "B"], NINETY)))
    save_future(tmp_path, temperatures([*NINETY, *HORIZON]))
    source = FUTURE | {"future": {"path": "future.csv", "covers": "everything"}}
    panel, _ = read(tmp_path, pipeline(source), AS_OF)
    assert list(covariate(panel, "A", "temp").values()) == [float(step) for step in range(97)]
