"""The clock of a run, and the faults of real time columns on their way into a panel. Tables are small."""

from datetime import UTC, date, datetime
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from ingested import THREE_DAYS, assemble, at, history, pipeline, table

from lstm.data.ingest.run_clock import fitting_alias
from lstm.data.panel.panel import Panel
from lstm.data.quality.report import QualityReport
from lstm.data.rows.bad_rows import BadRows
from lstm.data.rows.series_keys import group_series
from lstm.data.timestamps.parse import TimeRules, read_times
from lstm.errors import ConfigError, DataError

Rows = dict[str, list[Any]]


def panel_of(rows: Rows, as_of: str | int, *, source: dict[str, Any] | None = None, **settings: Any) -> Panel:
    return read(rows, as_of, source=source, **settings)[0]


def read(
    rows: Rows, as_of: str | int, *, source: dict[str, Any] | None = None, **settings: Any
) -> tuple[Panel, QualityReport]:
    """rows: the id, time and value of each row, by series."""
    cells = [(name, time, float(position)) for name, times in rows.items() for position, time in enumerate(times)]
    settings = {"horizon": 3, "frequency": None} | settings
    moment = as_of if isinstance(as_of, int) else datetime.fromisoformat(as_of).replace(tzinfo=UTC)
    return assemble(table(cells), pipeline(source=source, **settings), moment)


def steps(panel: Panel, series: int = 0) -> list[str]:
    """Times of a series, from its first row to the end of the horizon."""
    rows = slice(panel.indptr[series], panel.indptr[series + 1])
    return panel.frequency.texts(panel.ordinals[rows])


def observed(panel: Panel, series: int = 0) -> int:
    return int((~np.isnan(panel.targets[panel.indptr[series] : panel.indptr[series + 1], 0])).sum())


def texts(index: pd.DatetimeIndex, form: str = "%Y-%m-%d") -> list[str]:
    return list(index.strftime(form))


@pytest.mark.parametrize(
    ("rows", "settings", "why"),
    [
        (
            {"A": ["2024-01-01"]},
            {"quality": {"exclude": ["A"]}},
            "quality.exclude names every series that the table has",
        ),
        ({"A": ["2024-01-01"]}, {"quality": {"exclude": ["B"]}}, "the earliest is of 2024-01-01; give a later as_of"),
        ({"A": ["2023-01-01"], "B": ["2024-01-05"]}, {"quality": {"exclude": ["A"]}}, "the earliest is of 2024-01-05"),
    ],
)
def test_a_table_without_a_row_to_read_says_why(rows: Rows, settings: dict[str, Any], why: str) -> None:
    """What is left out is not the earliest row."""
    with pytest.raises(DataError, match=why):
        read(rows, "2023-12-31", frequency="D", **settings)


def test_a_table_of_bad_rows_only_says_so() -> None:
    with pytest.raises(DataError, match="no row is left: all 2 were set aside"):
        read({"A": ["nonsense", "?"]}, "2024-01-31", frequency="D", source={"bad_rows": "set_aside"})


def test_the_odd_stamp_of_one_series_among_many_is_named() -> None:
    """S120 has one stamp at 07:13; the frequency is to be found."""
    days = [f"{day} 00:00" for day in texts(pd.date_range("2024-01-01", periods=20))]
    rows = {f"S{number:03}": list(days) for number in range(130)}
    rows["S120"][19] = "2024-01-20 07:13"
    with pytest.raises(DataError, match=r"step is 1 day, but 2024-01-20 07:13:00Z of series 'S120' is off it"):
        read(rows, "2024-01-25")
    with pytest.raises(DataError, match=r"is not a midnight.*'2024-01-20 07:13' of series 'S120', data row 2420"):
        read(rows, "2024-01-25", frequency="D")


def test_what_lies_after_as_of_makes_no_frequency() -> None:
    """The end of time is a day like any other, and later than the run may read."""
    months = texts(pd.date_range("2023-01-01", periods=12, freq="MS"))
    panel, report = read({"A": [*months, "9999-12-31"]}, "2024-01-15")
    assert (panel.frequency.alias, report.rows_after_horizon) == ("MS", 1)


def test_month_ends_go_on_with_month_ends() -> None:
    """31 January is followed by 29 February, never by 2 March."""
    panel = panel_of({"A": texts(pd.date_range("2019-01-31", "2024-01-31", freq="ME"))}, "2024-02-01")
    assert panel.frequency.alias == "ME"
    assert steps(panel)[-4:] == ["2024-01-31", "2024-02-29", "2024-03-31", "2024-04-30"]


def test_weeks_go_on_with_the_weekday_of_the_table() -> None:
    """Weeks of Mondays go on with Mondays: pandas' plain W would mean Sundays."""
    mondays = texts(pd.date_range("2022-01-03", "2023-12-25", freq="7D"))
    frequencies: tuple[dict[str, Any], ...] = ({"frequency": "W"}, {})
    for frequency in frequencies:
        panel = panel_of({"A": mondays}, "2024-01-01", **frequency)
        assert steps(panel)[-3:] == ["2024-01-01", "2024-01-08", "2024-01-15"]


def test_absent_months_are_months() -> None:
    """Four months are absent, no more, and every step is the first of a month."""
    months = pd.date_range("2022-01-01", "2023-12-01", freq="MS")
    absent = (months >= pd.Timestamp("2023-02-01")) & (months <= pd.Timestamp("2023-05-01"))
    panel = panel_of({"A": texts(months[~absent])}, "2024-01-02")
    assert (len(steps(panel)) - 3, observed(panel)) == (24, 20)
    assert all(day.endswith("-01") for day in steps(panel))


def test_quarters_by_number_are_quarters() -> None:
    """`1-2015` is a quarter; read as a month, eight quarters would be eight months with gaps."""
    labels = [f"{quarter}-{year}" for year in (2015, 2016) for quarter in (1, 2, 3, 4)]
    panel = panel_of({"A": labels}, "2017-01-02", source={"time_format": "%q-%Y"})
    assert (panel.frequency.alias, observed(panel)) == ("QS", 8)
    assert steps(panel)[:2] == ["2015-01-01", "2015-04-01"]
    assert steps(panel)[-3:] == ["2017-01-01", "2017-04-01", "2017-07-01"]


def test_integer_steps_go_on() -> None:
    """120 is followed by 121, not by a date."""
    panel = panel_of({"A": [str(step) for step in range(1, 121)]}, 121, frequency="1")
    assert steps(panel)[-3:] == ["121", "122", "123"]


def test_five_minutes_keep_their_phase() -> None:
    """All stamps end in minute 4 or 9, none is filled."""
    stamps = texts(pd.date_range("2024-01-01 17:34", periods=600, freq="5min"), "%Y-%m-%d %H:%M:%S")
    panel = panel_of({"A": stamps}, "2024-01-03 19:34")
    assert (panel.frequency.alias, observed(panel)) == ("5min", 600)
    assert steps(panel)[-3:] == [f"2024-01-03T19:{minute}Z" for minute in (34, 39, 44)]


def test_a_weekly_series_among_daily_ones_is_not_filled() -> None:
    """A is as usual, B lacks six of seven days and is said to."""
    days = pd.date_range("2024-01-01", periods=120)
    panel, report = read({"A": texts(days), "B": texts(days[::7])}, "2024-04-30")
    assert panel.frequency.alias == "D"
    assert (observed(panel, 0), observed(panel, 1)) == (120, 18)
    assert any("'B'" in one or " B" in one for one in report.warnings)


def test_months_before_1970_are_like_any_other() -> None:
    """They are negative numbers inside, and no remainder may show it."""
    panel = panel_of({"A": texts(pd.date_range("1950-01-01", "1975-12-01", freq="MS"))}, "1976-01-02")
    assert (steps(panel)[0], observed(panel)) == ("1950-01-01", 312)
    assert steps(panel)[-3:] == ["1976-01-01", "1976-02-01", "1976-03-01"]


def test_nanoseconds_and_microseconds_are_one_axis() -> None:
    """The same 120 days from an old and a new file."""
    days = pd.date_range("2024-01-01", periods=60)
    columns = [pa.array(days.as_unit(unit)).cast(pa.timestamp("us")) for unit in ("ns", "us")]
    assert columns[0].equals(columns[1])
    assert steps(panel_of({"A": columns[0].to_pylist()}, "2024-03-01"))[0] == "2024-01-01"


def test_local_days_that_are_stored_in_utc_stay_local_days() -> None:
    """No gap and no double day where the clocks change."""
    local = pd.date_range("2024-01-01", periods=120, tz="Europe/Budapest")
    rows = {"A": texts(local.tz_convert("UTC"), "%Y-%m-%dT%H:%M:%SZ")}
    panel = panel_of(rows, "2024-04-30", time_zone="Europe/Budapest")
    assert (panel.frequency.alias, observed(panel)) == ("D", 120)
    assert (steps(panel)[0], steps(panel)[-4]) == ("2024-01-01", "2024-04-29")
    with pytest.raises(
        DataError, match=r"step is 1 day, but 2024-03-30 22:00:00Z.*off it|2024-03-31 22:00:00Z.*off it"
    ):
        read(rows, "2024-04-30")


def test_all_hours_of_a_fortnight_with_a_repeated_one_are_kept() -> None:
    """336 consecutive hours in New York over 3 November 2024; without the zone one is double."""
    local = pd.date_range("2024-10-28", periods=336, freq="h", tz="America/New_York")
    rows = {"A": texts(local, "%Y-%m-%d %H:%M:%S")}
    panel = panel_of(rows, "2024-11-12", time_zone="America/New_York", source={"repeated_hour": "in_order"})
    assert (panel.frequency.alias, observed(panel)) == ("h", 336)
    with pytest.raises(DataError, match="2024-11-03"):
        read(rows, "2024-11-12", frequency="h")


@pytest.mark.parametrize(
    ("index", "alias"),
    [
        (pd.date_range("2024-01-01", periods=9, freq="7D"), "W-MON"),
        (pd.date_range("2024-01-31", periods=9, freq="ME"), "ME"),
        (pd.DatetimeIndex(["2024-01-01", "2024-01-15", "2024-02-20", "2024-03-30"]), None),
    ],
)
def test_the_frequency_that_would_fit_is_known(index: pd.DatetimeIndex, alias: str | None) -> None:
    """What a wrong frequency is refused with: `the times fit 'W-MON'`."""
    table = pa.table({"id": ["A"] * len(index), "ds": [day.date() for day in index]})
    bad = BadRows(len(table), str)
    keys = group_series(table, ("id",), bad, "error")
    times = read_times(table["ds"], TimeRules("ds", None, "UTC", pa.date32(), keys.code, keys.names), bad)
    assert times.values[0].as_py() == date.fromisoformat(str(index[0].date()))
    assert fitting_alias(keys, times, np.ones(len(table), bool)) == alias


def test_integer_steps_are_read_when_the_frequency_says_so_and_never_by_accident() -> None:
    """The forecasts of steps 1 to 3 are of 4 and 5."""
    rows: list[tuple[Any, ...]] = [("A", 1, 1.0), ("A", 2, 2.0), ("A", 3, 3.0)]
    panel, report = assemble(table(rows), pipeline(frequency="1"), 4)
    assert history(panel) == [1.0, 2.0, 3.0, None, None]
    assert report.cutoff == "3"
    texts = [(name, str(step), value) for name, step, value in rows]
    assert assemble(table(texts), pipeline(frequency="1"), 4)[0].fingerprint == panel.fingerprint
    with pytest.raises(DataError, match=r"holds integers; set frequency to their step"):
        assemble(table(rows), pipeline(frequency=None), 4)
    with pytest.raises(DataError, match="is not an integer, but the frequency is one of integer steps: 'x'"):
        assemble(table([("A", "x", 1.0)]), pipeline(frequency="1"), 4)


def test_at_an_instant_integer_steps_end_with_the_newest_observed_one() -> None:
    rows = [("A", 1, 1.0, 0.0), ("A", 2, 2.0, 0.0), ("A", 3, None, 0.0), ("A", 4, None, 0.0)]
    panel, report = assemble(
        table(rows, ("id", "ds", "y", "plan")),
        pipeline(frequency="1", source={"future_covariates": ["plan"]}),
        at("2024-01-01"),
    )
    assert report.cutoff == "2"
    assert history(panel) == [1.0, 2.0, None, None]


def test_a_step_as_moment_needs_integer_steps() -> None:
    with pytest.raises(ConfigError, match="as_of 4 is an integer step, but the frequency is 'D'"):
        assemble(table(THREE_DAYS), pipeline(), 4)
