"""Times off the grid are refused by name, unless the file says otherwise."""

import pytest
from ingested import THREE_DAYS, assemble, at, pipeline, table

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
