"""The first and the last rows of a CSV: which row is the header, and no row twice."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from lstm.storage.sources.csv_sample import CsvLook, look_at_csv

DAYS = [f"2024-01-{day:02d}" for day in range(1, 31)]


def look(path: Path, text: str, limit: int = 100) -> CsvLook:
    path.write_text(text)
    return look_at_csv(path, path, limit)


@pytest.mark.parametrize(
    "names",
    [
        "day,so2,no", "day,true,inf", "day,yes,no", "day,nan,none", "day,2020,2021", "day,1999,x", "when,1,2",
        "day,1950,2020",
    ],
)  # fmt: skip
def test_a_header_may_have_words_for_numbers_and_years(tmp_path: Path, names: str) -> None:
    """Nitrogen oxide is called `no`; above numbers, `no` was taken for a 0, and the header for a row."""
    seen = look(tmp_path / "t.csv", "\n".join([names, *(f"{day},{n / 2},{n}" for n, day in enumerate(DAYS))]))
    assert seen.table.column_names == names.split(",")
    assert not seen.settings
    assert len(seen.table) == 30


@pytest.mark.parametrize(
    "names",
    ["id,name,2020-01-31,2020-02-29", "id,name,2020,2023", "country,2020", "a,1,2,3", "id,name,2020-01,2020-02"],
)
def test_a_header_may_be_of_times(tmp_path: Path, names: str) -> None:
    """A column a step: the names are years, dates or steps, and the numbers below are not."""
    rows = [",".join(["7", "Foo", "100", "101"][-names.count(",") - 1 :])] * 9
    assert look(tmp_path / "t.csv", "\n".join([names, *rows])).table.column_names == names.split(",")


@pytest.mark.parametrize(
    ("first", "below"),
    [
        ("2023-12-31,5,6", "{day},1,2"), ("A,2023-12-31,", "A,{day},3.5"), ("7,x,1.5", "7,x,2.5"),
        ("2023-12-31,1999,2001", "{day},2000,1998"), ("x,yes,5", "y,no,6"),
    ],
)  # fmt: skip
def test_a_first_row_like_those_below_is_no_header(tmp_path: Path, first: str, below: str) -> None:
    """A time above times, or numbers above numbers; years above years are numbers too."""
    seen = look(tmp_path / "t.csv", "\n".join([first, *(below.format(day=day) for day in DAYS)]))
    assert seen.table.column_names == ["column_1", "column_2", "column_3"]
    assert len(seen.table) == 31


@pytest.mark.parametrize("hours", [999, 1_000, 1_001, 1_100, 60_000])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_no_row_is_looked_at_twice(tmp_path: Path, hours: int, end: str) -> None:
    """The last megabyte of a file a little longer than the sample has rows of its beginning.

    These were taken for rows that come twice, and `duplicates = "last"` was written for a table without any.
    """
    times = [str(datetime(2010, 1, 1) + timedelta(hours=hour)) for hour in range(hours)]
    path = tmp_path / "clean.csv"
    path.write_bytes(end.join(["time,load", *(f"{time},1" for time in times), ""]).encode())
    seen = look_at_csv(path, path, 1_000)
    looked_at = seen.table["time"].to_pylist()
    assert len(set(looked_at)) == len(looked_at)
    assert looked_at[:999] == times[:999]
    assert looked_at[-1] == times[-1]
    # A megabyte holds some 47,000 of these rows.
    assert seen.whole == (hours < 60_000)
    assert seen.whole == (len(looked_at) == hours)
