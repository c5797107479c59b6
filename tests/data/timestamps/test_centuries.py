"""Years of two digits are of the century in which the table lies, and this is said."""

from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
import pytest
from ingested import assemble, at, pipeline, table

from lstm.data.timestamps.centuries import first_year, read_dated


def first(years: list[int], as_of: int | None) -> int:
    return first_year(np.array(years), None if as_of is None else datetime(as_of, 6, 1, tzinfo=UTC))


@pytest.mark.parametrize(
    ("years", "as_of", "begins"),
    [
        ([*range(64, 72)], 2026, 1964),  # strptime makes 2064 of 64 and 1969 of 69
        ([*range(60, 100), *range(9)], 2026, 1960),  # ends in 2008
        ([24, 25], 2026, 2024),
        ([99, 0, 1], 2026, 1999),
        ([26, 27], 2026, 2026),  # planned for the next year
        ([27, 28], 2026, 2027),
        ([30], 2026, 1930),
        ([70, 71], 2026, 1970),
        ([64, 65], 1990, 1964),
    ],
)  # fmt: skip
def test_the_table_lies_in_the_latest_century_in_which_it_has_begun(years: list[int], as_of: int, begins: int) -> None:
    assert first(years, as_of) == begins


def test_a_run_of_an_earlier_day_reads_the_same_years() -> None:
    """A backfill of 1990 over a table from 1960 to 2008: its end lies ahead, and is not of 1908."""
    assert {first([*range(60, 100), *range(9)], as_of) for as_of in (1965, 1990, 2008, 2026)} == {1960}


@pytest.mark.parametrize(("years", "begins"), [([64, 70], 1964), ([24, 25], 2024), ([99, 0], 1999), ([69], 1969)])
def test_without_a_moment_the_table_ends_where_strptime_has_its_last_year(years: list[int], begins: int) -> None:
    assert first(years, None) == begins


def test_other_formats_have_no_century() -> None:
    """A percent sign that is doubled is one."""
    times = pa.array(["%y2064-01-01", None])
    assert read_dated(times, "%%y%Y-%m-%d", None)[1] == ""
    assert read_dated(pa.array([None], pa.string()), "%d.%m.%y", None)[1] == ""


def test_months_of_1964_to_1971_are_read_as_such_and_said() -> None:
    """60 of 96 rows were set aside as lying in the future, with exit code 0."""
    rows = [("A", f"01.{month:02d}.{year}", float(month)) for year in range(64, 72) for month in range(1, 13)]
    settings = pipeline(frequency="MS", source={"time_format": "%d.%m.%y"}, quality={"late_end": "degrade"})
    _, report = assemble(table(rows), settings, at("2026-11-30"))
    assert (report.rows_used, report.newest, report.per_series.first) == (96, "1971-12-01", ("1964-01-01",))
    assert "times of 'ds': years of two digits were read as 1964 to 1971" in report.notes
