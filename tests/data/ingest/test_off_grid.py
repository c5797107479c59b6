"""Times off the grid are refused by name, unless the file says otherwise."""

from datetime import date

import pyarrow as pa
import pytest
from ingested import THREE_DAYS, assemble, at, history, pipeline, repairs, table

from lstm.data.frequency.aliases import parse_frequency
from lstm.data.frequency.grid import nearest_ordinals
from lstm.errors import DataError


def test_rows_off_the_grid_are_refused_by_series_and_time() -> None:
    """One stamp at 03:07 among hours: the message names its series, its time and its row."""
    rows = [("A", f"2024-01-01 0{hour}:00", 1.0) for hour in range(5)] + [("S120", "2024-01-01 03:07", 1.0)]
    with pytest.raises(
        DataError,
        match=r"'ds' is off the grid 'h' in 1 series: 2024-01-01 03:07:00Z of series 'S120', data row 6; mend the",
    ):
        assemble(table(rows), pipeline(frequency="h"), at("2024-01-01T06:00Z"))


def test_a_stamp_within_the_day_is_refused_where_days_are_meant() -> None:
    with pytest.raises(
        DataError, match=r"is not a midnight in time_zone 'UTC'.*'2024-01-04 07:13:00' of series 'A', data row 4"
    ):
        assemble(table([*THREE_DAYS, ("A", "2024-01-04 07:13:00", 1.0)]), pipeline(), at("2024-01-04"))


def test_a_reading_counts_for_the_nearest_step_where_the_file_says_so() -> None:
    """Half hours read a minute early or late: by floor two of them would meet at 08:00, and 09:00 be empty."""
    stamps = ["07:58:46", "08:30:31", "08:58:23", "09:31:17", "09:56:50"]
    rows = [("A", f"2024-01-01 {stamp}", float(index)) for index, stamp in enumerate(stamps)]
    settings = pipeline(frequency="30min", source={"off_grid": "nearest"})
    panel, report = assemble(table(rows), settings, at("2024-01-01T10:30Z"))
    assert panel.frequency.texts(panel.start) == ["2024-01-01T08:00Z"]
    assert history(panel)[:5] == [0.0, 1.0, 2.0, 3.0, 4.0]
    assert repairs(report) == [("times counted for the nearest step", "A", "", 5, "2024-01-01T08:00Z")]


@pytest.mark.parametrize(("label", "stamp", "day"), [
    ("start", "2024-01-03 23:50:00", "2024-01-04"), ("start", "2024-01-04 11:59:59", "2024-01-04"),
    ("start", "2024-01-04 12:00:00", "2024-01-05"), ("end", "2024-01-03 23:50:00", "2024-01-04"),
])  # fmt: skip
def test_the_nearest_day_of_a_stamp_is_that_of_the_nearest_midnight(label: str, stamp: str, day: str) -> None:
    """Ten to midnight is the midnight after it; noon, as near to both, is of the later one."""
    settings = pipeline(source={"off_grid": "nearest", "time_label": label})
    _, report = assemble(table([*THREE_DAYS, ("A", stamp, 1.0)]), settings, at("2024-01-06"))
    assert report.newest == day


@pytest.mark.parametrize(("frequency", "day", "nearest"), [
    ("MS", "2024-01-16", "2024-01-01"), ("MS", "2024-01-18", "2024-02-01"), ("ME", "2024-02-03", "2024-01-31"),
    ("ME", "2024-02-20", "2024-02-29"), ("B", "2024-01-06", "2024-01-05"), ("B", "2024-01-07", "2024-01-08"),
    ("W-MON", "2024-01-04", "2024-01-01"), ("W-MON", "2024-01-05", "2024-01-08"),
])  # fmt: skip
def test_every_grid_has_a_nearest_step(frequency: str, day: str, nearest: str) -> None:
    """Of months by days; a Saturday is nearest to Friday, a Sunday to Monday."""
    grid = parse_frequency(frequency)
    times = pa.array([date.fromisoformat(day)])
    assert grid.texts(nearest_ordinals(grid, times, grid.ordinals(times)[0])) == [nearest]
